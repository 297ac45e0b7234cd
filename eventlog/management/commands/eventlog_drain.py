"""`manage.py eventlog_drain`: store now what waits."""

from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline import drain, store


class Command(FactsCommand):
    help = "Store what dead processes left in the journal, and the outbox. Living processes store their own."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        moved = store.Stored()
        with tqdm(desc="Storing", unit=" events", disable=None) as bar:  # where stderr is a terminal
            for step in drain.steps():
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
