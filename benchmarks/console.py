"""The console's pages over many events: how long each takes, how many queries it asks, how much it weighs.

    python -m benchmarks.console [--events 1000000] [--rounds 20]

In process, through every middleware, as a superuser, over the events of `benchmarks.queries`. The queries are all that
the page asks, sessions and rights among them; the weight is that of the page itself, without style sheets and script.
"""

import argparse
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.history import DAYS, fill
from benchmarks.measure import Row, say, table, throwaway_database
from benchmarks.queries import milliseconds
from eventlog.admin.periods import LENGTHS
from eventlog.admin.rows import cursor_at
from eventlog.models import Event

LIST = "/admin/eventlog/event/"
DASHBOARD = "/admin/eventlog/dashboard/"
LONGEST, MOST, HEAVIEST = 300, 15, 400_000  # ms, queries, bytes
Pages = Iterator[tuple[str, str]]


def paths() -> Pages:
    """(name, path) of each page; the event in the middle stands for a deep place."""
    middle = timezone.now() - timedelta(days=DAYS * 0.9)
    changes = Event.objects.filter(entity_type="siswa")
    event = changes.filter(timestamp__lte=middle).newest_first()[0]
    newest = changes.newest_first()[0]
    yield "list", LIST
    yield "list, 30 days", search(since="-30d")
    yield "list, everything", search(since="")
    yield "list, a deep page", search(since="", cursor=cursor_at(event, back=False))
    yield "list, one user", search(q="actor:user7", since="")
    yield "list, an address", search(q=f"ip:{newest.ip_address}", since="")
    yield "list, a record", search(q="entity:siswa/77", since="")
    yield "list, a rare kind", search(q="severity:high -type:SQL_INJECTION", since="-7d")
    yield "list, words", search(q='"siswa 123"', since="-30d")
    yield "list, nothing found", search(q="actor:nobody", since="")
    yield "event", f"{LIST}{newest.id}/change/"
    yield "event, deep", f"{LIST}{event.id}/change/"
    yield "timeline of a request", f"{LIST}request/?id={newest.request_id}"
    yield "timeline of a user", f"{LIST}user/?id=7"
    yield "timeline of a name", f"{LIST}user/?name=user7"
    yield "timeline of a record", f"{LIST}object/?type=siswa&id={newest.entity_id}"
    yield "timeline of an address", f"{LIST}address/?ip={newest.ip_address}"
    yield "status", "/admin/eventlog/status/"
    yield "refused events", "/admin/eventlog/deadletter/"
    yield "the start page", "/admin/"
    for key in LENGTHS:
        yield f"dashboard, {key}", f"{DASHBOARD}?range={key}"


def search(**query: str) -> str:
    return f"{LIST}?{urlencode(query)}"


def noted(asked: list[str], execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    asked.append(sql)
    return execute(sql, params, many, context)


def pages(rounds: int) -> Iterator[Row]:
    client = Client()
    client.force_login(User.objects.get_or_create(username="console", is_superuser=True, is_staff=True)[0])
    for name, path in paths():
        asked: list[str] = []
        with connection.execute_wrapper(partial(noted, asked)):
            answer = client.get(path)
        taken = milliseconds(lambda path=path: client.get(path), rounds)  # type: ignore[misc]
        p95, queries, weight = taken[int(len(taken) * 0.95)], len(asked), len(answer.content)
        kept = answer.status_code == 200 and p95 <= LONGEST and queries <= MOST and weight <= HEAVIEST
        middle = taken[len(taken) // 2]
        yield Row((name, f"{middle:.0f} ms", f"{p95:.0f} ms", str(queries), f"{weight / 1000:.0f} kB"), "", kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with throwaway_database():
        fill(options.events)
        title = f"{options.events} events: p95 <= {LONGEST} ms, <= {MOST} queries, <= {HEAVIEST // 1000} kB"
        table(title, ("", "median", "p95", "queries", "weight"), pages(options.rounds))
    say()


if __name__ == "__main__":
    main()
