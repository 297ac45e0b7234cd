"""`manage.py eventlog_checkpoint`: sign what the log is now, and give it to those who keep it."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from eventlog.integrity import anchors, checkpoints
from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.outbox import events_alias


class Command(FactsCommand):
    help = (
        "Take all batches and removals that are stored into the signed log, and sign what it is now. The anchors whose "
        "time has come are given it; exit code 1 where one of them has not taken it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--anchors", action="store_true", help="To all anchors, also those whose time is later.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        made = checkpoints.make(using=events_alias())
        if made is None:
            raise CommandError("There is no key to sign with: set EVENTLOG_SIGNING_KEY.")
        given = anchors.give(at_once=options["anchors"], using=events_alias())
        said = {"size": made.size, "made_at": made.made_at.isoformat(), "note": made.note}
        return {**said, "anchors": {each.anchor: each.error or "taken" for each in given}}

    def is_good(self, facts: Facts) -> bool:
        return all(said == "taken" for said in facts["anchors"].values())

    def in_words(self, facts: Facts) -> str:
        return "\n".join([str(facts["note"]), *(f"{name}: {said}" for name, said in facts["anchors"].items())])
