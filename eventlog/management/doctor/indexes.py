"""Whether the indexes are those that the screens need, used, and no bigger than they must be."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.management.base import CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from eventlog.management.facts import Facts
from eventlog.monitoring.indexes import as_facts, examined
from eventlog.pipeline.outbox import events_alias

HELP: Final = "Say which indexes are missing (and which screen is slow for it), unused, or bloated."
SOON: Final = timedelta(days=30)  # what is asked for once a month was not, before
WHY: Final = {
    "missing": "is missing on",
    "invalid": "cannot be used (its making was broken off) on",
    "different": "is not as it is declared on",
}


def add_arguments(parser: CommandParser) -> None:
    """None of its own."""


def facts(options: Mapping[str, Any]) -> Facts:
    return as_facts(examined(events_alias()))


def is_good(facts: Facts) -> bool:
    """What is unused or bloated costs, but breaks nothing."""
    return not facts["missing"]


def in_words(facts: Facts) -> list[str]:
    total = f"{facts['indexes']:,} indexes, {size(facts['bytes'])}."
    return [total, *missing(facts), *unused(facts), *bloated(facts)]


def missing(facts: Facts) -> Iterator[str]:
    if not facts["missing"]:
        yield "Missing: none."
    for each in facts["missing"]:
        slow = f" Slow for it: {each['reader']}." if each["reader"] else ""
        yield f"{each['index']} {WHY[each['why']]} {', '.join(each['tables'])}.{slow}"
        yield f"  {each['mend']}"
    if facts["missing"]:
        yield "That locks out who stores while it is made; docs/database.md, “Indexes”, says how it does not."


def unused(facts: Facts) -> Iterator[str]:
    since = facts["statistics_since"]
    told = "since the database was made, or its statistics were lost" if since is None else f"since {since}"
    if since is not None and timezone.now() - datetime.fromisoformat(since) < SOON:
        told += ", which is too short to say"
    named = [f"{each['index']} ({size(each['bytes'])})" for each in facts["unused"]]
    yield f"Not used {told}: {', '.join(named) or 'none'}."


def bloated(facts: Facts) -> Iterator[str]:
    for each in facts["bloated"]:
        yield (
            f"{each['index']} of {each['table']} has {size(each['bytes'])}, about {size(each['wasted_bytes'])} more "
            f"than it would have anew: REINDEX INDEX CONCURRENTLY {each['index']}"
        )
    if not facts["bloated"]:
        yield "Bloated by half or more, as far as can be estimated (± 30 %): none."
    if facts["not_estimated"]:
        yield f"Not estimated: {facts['not_estimated']} (run ANALYZE, or ask as the owner of the tables)."


def size(number: int) -> str:
    return filesizeformat(number).replace("\xa0", " ")
