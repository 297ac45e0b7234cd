"""`manage.py eventlog_verify`: whether anything that was recorded was altered."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils.timezone import make_aware
from tqdm import tqdm

from eventlog.integrity import archives, copies
from eventlog.integrity.verdicts import Verified
from eventlog.integrity.verify import Question, verify
from eventlog.management.facts import Facts, FactsCommand
from eventlog.management.times import moment
from eventlog.pipeline.outbox import events_alias

NAMED: Final = 100  # findings that are named
BEGINNING: Final = datetime(1970, 1, 1)
END: Final = datetime(9999, 1, 1)


class Command(FactsCommand):
    help = (
        "Compare all events with what was sealed and signed. Exit code 0: valid; 1: it could not be found out; "
        "2: something is not as it was."
    )
    bad_exit = 2

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="begin", type=moment, metavar="TIME", help="Events from this time on.")
        parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="Events before this time.")
        parser.add_argument("--event", type=UUID, metavar="ID", help="This event alone.")
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="FILE_OR_DIR",
            help="Checkpoints from outside, such as mails or webhook bodies that were saved. Default CHECKPOINT_DIR.",
        )
        parser.add_argument("--archives", action="store_true", help="The files in ARCHIVE_DIR as well.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        parts = verify(question(options), using=events_alias())
        files = archives.check(using=events_alias()) if options["archives"] else ()
        found = self.verified(chain(parts, files))
        findings = [str(finding) for finding in found.ordered]
        numbers = {each.name: getattr(found, each.name) for each in fields(found) if each.name != "findings"}
        return {"verdict": found.verdict, "finding_count": len(findings), "findings": findings[:NAMED], **numbers}

    def verified(self, parts: Iterable[Verified]) -> Verified:
        """Shows how far it is where somebody is watching (stderr is a terminal)."""
        found = Verified()
        with tqdm(desc="Verifying", unit=" events", disable=None) as bar:
            for part in parts:
                found += part
                bar.update(part.events + part.archived)
        return found

    def is_good(self, facts: Facts) -> bool:
        return bool(facts["verdict"] == "valid")

    def in_words(self, facts: Facts) -> str:
        seen = (
            f"{facts['events']:,} events in {facts['batches']:,} batches, {facts['entries']:,} entries of the log, "
            f"{facts['checkpoints']:,} checkpoints; {facts['waiting']:,} batches are in none yet, "
            f"{facts['removed']:,} events were removed and {facts['erased']:,} erased with a reason, "
            f"{facts['unproven']:,} are of before proofs were made"
        )
        if facts["files"]:
            seen += f"; {facts['archived']:,} events in {facts['files']:,} files of the archive"
        if self.is_good(facts):
            return f"valid: {seen}."
        first, *others = facts["findings"]
        return "\n".join([f"{first} ({facts['finding_count']:,} in all; {seen}).", *others])


def question(options: Mapping[str, Any]) -> Question:
    kept = options["checkpoints"]
    if kept is not None and not kept.exists():
        raise CommandError(f"There is no file or folder {kept}.")
    if kept is not None and next(copies.published(kept), None) is None:
        raise CommandError(f"There is no checkpoint in {kept}.")
    if options["event"] is not None:
        return Question.of_event(options["event"], kept)
    begin, end = options["begin"], options["end"]
    if begin is None and end is None:
        return Question(kept=kept)
    return Question(begin or make_aware(BEGINNING), end or make_aware(END), kept=kept)
