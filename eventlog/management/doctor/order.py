"""Whether the store order has gone on where a dump was restored (`models/epoch.py`)."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import CommandParser

from eventlog.management.facts import Facts
from eventlog.monitoring.store_order import store_order
from eventlog.pipeline.outbox import events_alias

HELP: Final = "Say whether the order of what is stored has gone on after a restored dump."
MOVED, IN_ORDER = "moved", "in order"


def add_arguments(parser: CommandParser) -> None:
    """None of its own."""


def facts(options: Mapping[str, Any]) -> Facts:
    now = store_order(events_alias())
    epochs = [
        {"began_at": each.began_at.isoformat(), "shift": each.shift, "behind": each.behind} for each in now.epochs
    ]
    return {"state": MOVED if now.is_moved else IN_ORDER, "epochs": epochs, "passed_over": now.passed_over}


def is_good(facts: Facts) -> bool:
    return not facts["passed_over"]


def in_words(facts: Facts) -> list[str]:
    lines = [
        f"Restored in another cluster of PostgreSQL before {each['began_at']}: what was stored from then on has its "
        "place behind what was restored."
        for each in facts["epochs"]
    ]
    if facts["state"] == MOVED:
        lines.append(
            "What is stored comes from another cluster of PostgreSQL, and nothing has been stored here yet. With the "
            "first batch the order goes on by itself: there is nothing to do."
        )
    if facts["passed_over"]:
        lines.append(
            f"{facts['passed_over']:,} batches were stored before the restore was complete, and lie before what it "
            "brought. They are in the log that is signed, but streams and sinks of FORWARD_TO may have passed "
            "them over: send them with eventlog_export. Next time, start the site when the restore has ended."
        )
    return lines or ["In order: no dump was restored in another cluster."]
