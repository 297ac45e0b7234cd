"""`manage.py eventlog_subject`: give a person all that the log knows of him, or have it forgotten.

Its arguments are never recorded (`capture/commands.py`).
"""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import override
from tqdm import tqdm

from eventlog.conf import conf
from eventlog.context import starter
from eventlog.management import rewrapping
from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.outbox import events_alias
from eventlog.subjects import erase, page, processing, replay
from eventlog.subjects import export as exporting

READABLE: Final = "index.html"
FOR_PROGRAMS: Final = "events.ndjson"
NOBODY: Final = "\nNothing was found: is the name, or the kind of record and its ID, written as events have it?"


class Command(FactsCommand):
    help = "Give people what the event log knows of them, and have it forgotten."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        rewrapping.add(does)
        erasing = does.add_parser("erase", help="Take the person out of everything; facts and counts stay.")
        about(erasing)
        erasing.add_argument("--yes", action="store_true", help="Do not ask.")
        export = does.add_parser("export", help="Write all that is known of the person into a folder, to be read.")
        about(export)
        export.add_argument("--output", type=Path, required=True, metavar="DIR", help="It is made; it must be empty.")
        languages = [code for code, _name in settings.LANGUAGES]
        words = "Of the page; else the site's."
        export.add_argument("--language", default=settings.LANGUAGE_CODE, choices=languages, help=words)
        record = does.add_parser("record", help="Print the record of processing: what is kept, where, how long, why.")
        again = does.add_parser("replay", help="Erase again what the ledger says, after an old backup was put back.")
        again.add_argument("--ledger", type=Path, metavar="FILE", help="Else the one in CHECKPOINT_DIR.")
        for each in (erasing, export, again, record):
            super().add_arguments(each)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        return {"does": options["does"], **DOES[options["does"]](self, options)}

    def is_good(self, facts: Facts) -> bool:
        return facts["does"] != "rewrap" or rewrapping.is_good(facts)

    def in_words(self, facts: Facts) -> str:
        return SAYS[facts["does"]](facts)


def about(parser: CommandParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="NAME_OR_ID", default="", help="An account; it may be gone.")
    who.add_argument("--entity", nargs=2, metavar=("TYPE", "ID"), default=("", ""), help="A record: siswa 123.")


# --- export ---
def export_person(command: Command, options: Mapping[str, Any]) -> dict[str, Any]:
    named = options["user"], (options["entity"][0], options["entity"][1])
    person, folder = exporting.prepared(*named), options["output"]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CommandError(f"{folder} is not empty.")
    events = 0
    with override(options["language"]), private(folder / READABLE) as shown, private(folder / FOR_PROGRAMS) as kept:
        shown.write(page.begin(named[0] or " ".join(named[1])).encode())
        for line in tqdm(exporting.lines(person, events_alias()), desc="Exporting", unit=" events", disable=None):
            shown.write(page.article(line).encode())
            kept.write(line.json)
            events += 1
        shown.write(page.end(events).encode())
        size = shown.tell() + kept.tell()
    request = exporting.finish(*named, by=starter().username, events=events, size=size)
    return {"request": str(request.pk), "events": events, "bytes": size, "folder": str(folder)}


def private(path: Path) -> BinaryIO:
    """Its owner's alone."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def exported_in_words(facts: Facts) -> str:
    said = f"{facts['events']:,} events, {facts['bytes']:,} bytes in {facts['folder']}. Request {facts['request']}."
    return said + ("" if facts["events"] else NOBODY)


# --- erase ---
def erase_person(command: Command, options: Mapping[str, Any]) -> dict[str, Any]:
    named = options["user"] or " ".join(options["entity"])
    if not options["yes"] and input(f"Erase {named} from the event log for good? [yes/no] ") != "yes":
        raise CommandError("Nothing was erased.")
    request = erase.request_for(options["user"], tuple(options["entity"]), by=starter().username)
    done = Counter[str]()
    with tqdm(desc="Erasing", unit=" rows", disable=None) as bar:
        for step in erase.run(request):
            done[step.where] += step.rows
            bar.update(step.rows)
    numbers = {name: done[name] for name, _step in erase.STEPS}
    return {"request": str(request.pk), **numbers, "keys_missing": erase.keys_missing(events_alias())}


def erased_in_words(facts: Facts) -> str:
    said = (
        f"Erased: {facts['events']:,} events in the database, {facts['archive']:,} in the archive, "
        f"{facts['tables']:,} rows of other tables. Request {facts['request']}."
    )
    said += "" if facts["events"] + facts["archive"] + facts["tables"] else NOBODY
    unseen = f"\nNot looked at: what {facts['keys_missing']:,} keys have encrypted that are not in ENCRYPTION_KEYS."
    return said + (unseen if facts["keys_missing"] else "")


# --- replay ---
def replay_ledger(command: Command, options: Mapping[str, Any]) -> dict[str, Any]:
    path = options["ledger"] or (conf.CHECKPOINT_DIR and conf.CHECKPOINT_DIR / replay.FILE)
    if path is None:
        raise CommandError("There is no CHECKPOINT_DIR: give the ledger's file with --ledger.")
    try:
        done = list(tqdm(replay.replay(path, events_alias()), desc="Erasing again", unit=" entries", disable=None))
    except replay.NotSigned as problem:
        raise CommandError(f"{path}: {problem}") from None
    return {"parts": sum(each.parts for each in done), "rows": sum(each.rows for each in done)}


def replayed_in_words(facts: Facts) -> str:
    return f"Erased again: {facts['parts']:,} parts of events, {facts['rows']:,} rows of other tables."


# --- record ---
def record_of_processing(command: Command, options: Mapping[str, Any]) -> dict[str, Any]:
    with override("en"):
        return {"record": processing.written()}


def record_in_words(facts: Facts) -> str:
    return str(facts["record"]).removesuffix("\n")


def rewrap(command: Command, options: Mapping[str, Any]) -> dict[str, Any]:
    return dict(rewrapping.facts())


DOES = {
    "export": export_person,
    "erase": erase_person,
    "replay": replay_ledger,
    "record": record_of_processing,
    "rewrap": rewrap,
}
SAYS = {
    "export": exported_in_words,
    "erase": erased_in_words,
    "replay": replayed_in_words,
    "record": record_in_words,
    "rewrap": rewrapping.in_words,
}
