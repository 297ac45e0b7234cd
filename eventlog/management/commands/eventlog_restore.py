"""`manage.py eventlog_restore`: bring archived events back."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.management.queries import HELP, condition_of
from eventlog.management.times import moment
from eventlog.retention import restore
from eventlog.retention.restore import NotOurs, Wanted


class Command(FactsCommand):
    help = "Bring events back from the archive. Those that are there already stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="begin", type=moment, metavar="TIME", required=True, help="From then on.")
        parser.add_argument("--to", dest="end", type=moment, metavar="TIME", required=True, help="Before then.")
        parser.add_argument("--filter", default="", metavar="QUERY", help=HELP)
        words = (
            "Into a table of this name, which is made; else into events, where the next clean-up removes them again."
        )
        parser.add_argument("--table", default=restore.TABLE, metavar="NAME", help=words)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        query, table = options["filter"], options["table"]
        wanted = Wanted(options["begin"], options["end"], condition_of(query), query, table)
        try:
            done = self.restored(wanted)
        except NotOurs as problem:
            raise CommandError(str(problem)) from None
        found, added = sum(each.found for each in done), sum(each.added for each in done)
        return {"files": [each.archive.path for each in done], "found": found, "restored": added, "table": table}

    def restored(self, wanted: Wanted) -> list[restore.Restored]:
        """Shows how far it is where somebody is watching (stderr is a terminal)."""
        done = []
        total = sum(archive.row_count for archive in restore.wanted_files(wanted))
        with tqdm(desc="Restoring", unit=" events", total=total, disable=None) as bar:
            for each in restore.restore(wanted):
                done.append(each)
                bar.update(each.archive.row_count)
        return done

    def in_words(self, facts: Facts) -> str:
        there = facts["found"] - facts["restored"]
        return (
            f"Restored {facts['restored']:,} events from {len(facts['files']):,} files into {facts['table']}; "
            f"{there:,} were there already."
        )
