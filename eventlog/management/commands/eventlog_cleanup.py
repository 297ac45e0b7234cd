"""`manage.py eventlog_cleanup`: remove what is past its time."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from eventlog.management.facts import Facts, FactsCommand
from eventlog.retention import cleanup
from eventlog.retention.cleanup import Plan, Removal
from eventlog.retention.keeping import Keeping


class Command(FactsCommand):
    help = "Remove the events that are past their time and under no hold: whole partitions, the rest in small steps."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be removed, and what is held.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        keeping = Keeping()
        plan = cleanup.planned(keeping) if options["dry_run"] else None
        removals, in_the_way = self.removed(keeping) if plan is None else (plan.removals, "")
        dropped = {removal.partition: removal.rows for removal in removals if removal.partition}
        told = {"as_of": keeping.now.isoformat(), "days": keeping.periods, "dry_run": options["dry_run"]}
        more = {"in_the_way": in_the_way} if plan is None else details(plan)
        return {**told, "partitions": dropped, **cleanup.totals(removals), **more}

    def is_good(self, facts: Facts) -> bool:
        return not facts.get("in_the_way")

    def removed(self, keeping: Keeping) -> tuple[list[Removal], str]:
        """Remove, and show how far it is where somebody is watching (stderr is a terminal). And the table that could
        not be dropped."""
        done: list[Removal] = []
        with tqdm(desc="Removing", unit=" events", disable=None) as bar:
            try:
                for removal in cleanup.clean_up(keeping):
                    done.append(removal)
                    bar.update(removal.rows + removal.dead_letters)
            except cleanup.InTheWay as problem:
                return done, problem.table
        return done, ""

    def in_words(self, facts: Facts) -> str:
        words = "Would remove" if facts["dry_run"] else "Removed"
        whole = ", ".join(facts["partitions"]) or "none"
        events = f"{words} {facts['rows']:,} events{counts(facts['by_category'])}; whole partitions: {whole}."
        others = f"Of refused events: {facts['dead_letters']:,}. Of closed alerts: {facts['alerts']:,}."
        return "\n".join([f"{events} {others}", *lines(facts)])


def details(plan: Plan) -> dict[str, Any]:
    kept_by = [{"hold": hold, "reason": reason, "events": events} for hold, reason, events in plan.kept_by]
    return {"events": [asdict(line) for line in plan.lines], "kept_by": kept_by}


def lines(facts: Facts) -> Iterator[str]:
    """What could not be done; of a dry run, partition by partition, then hold by hold."""
    if facts.get("in_the_way"):
        yield str(cleanup.InTheWay(facts["in_the_way"]))
    for table, found in groupby(facts.get("events", ()), key=lambda line: line["partition"]):
        of_table = list(found)
        goes = {line["category"]: line["rows"] for line in of_table if line["rows"]}
        held = {line["category"]: line["held"] for line in of_table if line["held"]}
        kept = f"; held {sum(held.values()):,}{counts(held)}" if held else ""
        is_whole = " (the whole table)" if table in facts["partitions"] else ""
        yield f"  {table}: {sum(goes.values()):,}{counts(goes)}{is_whole}{kept}"
    for each in facts.get("kept_by", ()):
        yield f"  Hold {each['hold']} keeps {each['events']:,} past their time: {each['reason']}"


def counts(by_category: Mapping[str, int]) -> str:
    named = ", ".join(f"{category} {number:,}" for category, number in by_category.items())
    return f" ({named})" if named else ""
