"""`manage.py eventlog_archive`: copy what is old enough into files."""

from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.retention import archive


class Command(FactsCommand):
    help = "Copy the events of days that are ARCHIVE_AFTER_DAYS past to files in ARCHIVE_DIR, and compare them."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        """Shows how far it is where somebody is watching (stderr is a terminal)."""
        steps = []
        with tqdm(desc="Archiving", unit=" events", disable=None) as bar:
            for step in archive.run():
                steps.append(step)
                bar.update(0 if step.is_removal else step.archive.row_count)
        made = [step.archive for step in steps if not step.is_removal]
        return {
            "files": [each.path for each in made],
            "rows": sum(each.row_count for each in made),
            "bytes": sum(each.byte_count for each in made),
            "removed": [step.archive.path for step in steps if step.is_removal],
        }

    def in_words(self, facts: Facts) -> str:
        files, removed = len(facts["files"]), len(facts["removed"])
        return (
            f"Archived {facts['rows']:,} events in {files:,} files of {facts['bytes']:,} bytes; "
            f"files removed after their time: {removed:,}."
        )
