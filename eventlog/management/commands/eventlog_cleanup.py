"""`manage.py eventlog_cleanup`: remove what is past its time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.retention import cleanup
from eventlog.retention.cleanup import Removal


class Command(FactsCommand):
    help = "Remove the events that are older than LOG_RETENTION_DAYS: whole partitions, the rest in small steps."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be removed.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        before = cleanup.cutoff()
        removals = cleanup.planned(before) if options["dry_run"] else self.removed(before)
        dropped = {removal.partition: removal.rows for removal in removals if removal.partition}
        told = {"before": before.isoformat(), "dry_run": options["dry_run"], "partitions": dropped}
        return {**told, **cleanup.totals(removals)}

    def removed(self, before: datetime) -> list[Removal]:
        """Remove, and show how far it is where somebody is watching (stderr is a terminal)."""
        done = []
        with tqdm(desc="Removing", unit=" events", disable=None) as bar:
            for removal in cleanup.clean_up(before):
                done.append(removal)
                bar.update(removal.rows + removal.dead_letters)
        return done

    def in_words(self, facts: Facts) -> str:
        words = "Would remove" if facts["dry_run"] else "Removed"
        whole = ", ".join(facts["partitions"]) or "none"
        events = f"{words} {facts['rows']:,} events from before {facts['before']}; whole partitions: {whole}."
        return f"{events} Of refused events: {facts['dead_letters']:,}."
