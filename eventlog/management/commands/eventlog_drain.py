"""`manage.py eventlog_drain`: store now what waits."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline import drain, store


class Command(FactsCommand):
    help = "Store what dead processes left in the journal, and the outbox. Living processes store their own."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = "also what was left for this database under its former name or address, as eventlog_status shows it"
        parser.add_argument("--moved-from", metavar="DIGITS", action="append", default=[], help=words)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        moved = store.Stored()
        with tqdm(desc="Storing", unit=" events", disable=None) as bar:  # where stderr is a terminal
            for step in drain.steps(*options["moved_from"]):
                moved += step
                bar.update(step.events)
        return {
            "stored": moved.events,
            "from_outbox": moved.from_outbox,
            "duplicates": moved.duplicates,
            "dead": moved.dead,
        }

    def in_words(self, facts: Facts) -> str:
        return "Stored {stored}, there already {duplicates}, refused by the database {dead}.".format(**facts)
