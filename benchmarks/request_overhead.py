"""What a recorded request and a recorded save cost: the same handler with and without the event log, in turns.

    python -m benchmarks.request_overhead [--rounds 20] [--calls 100] [--only POST]

In process, through Django's WSGI handler and every middleware, as a server calls it: from the environment to the last
byte and `close()`. "CPU" is this process's, the writer thread's included; "CPU + db" adds its PostgreSQL backends'.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import AccessToken

from benchmarks import samples
from benchmarks.measure import (
    Comparison,
    Idle,
    Row,
    Side,
    Switch,
    Turn,
    answer,
    in_turns,
    say,
    table,
    throwaway_database,
)
from edupro.school.models import Siswa
from eventlog.models import Event
from eventlog.pipeline import roles

MIDDLEWARE = "eventlog.capture.middleware.EventLoggingMiddleware"
HEADS = ("", "without", "with", "added", "ratio")
TEACHERS = 50
Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Budget:
    """In force for one kind of request; None where there is none."""

    added_us: float | None = None
    ratio: float | None = None
    cpu: float | None = None
    all_cpu: float | None = None
    queries: int | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """The two handlers, the switch between them, and the writer to wait for."""

    bare: WSGIHandler
    recorded: WSGIHandler
    switch: Switch
    idle: Idle

    def sides(self, bare: Callable[[], object], recorded: Callable[[], object]) -> tuple[Side, Side]:
        return (
            Side(self.switch.off, bare, lambda: None),
            Side(self.switch.on, recorded, self.idle.wait),
        )

    def requests(self, environs: Iterator[Environ], status: int) -> tuple[Side, Side]:
        return self.sides(
            lambda: answer(self.bare, next(environs), status), lambda: answer(self.recorded, next(environs), status)
        )


@contextmanager
def stand() -> Iterator[Stand]:
    stack = list(settings.MIDDLEWARE)
    try:
        recorded = WSGIHandler()
        settings.MIDDLEWARE = [name for name in stack if name != MIDDLEWARE]
        bare = WSGIHandler()
    finally:
        settings.MIDDLEWARE = stack
    switch = Switch()
    yield Stand(bare, recorded, switch, Idle())
    switch.on()


# --- the requests ---
def environs(method: str, bodies: Iterator[bytes], credentials: Sequence[dict[str, str]]) -> Iterator[Environ]:
    """For the users in turn: what is remembered of one is asked for again with the next."""
    path = "/api/siswa?page_size=20" if method == "GET" else "/api/siswa"
    some = b"{}" if method == "POST" else b""
    plain = RequestFactory().generic(method, path, some, content_type="application/json").environ
    whole = {**plain, **samples.BROWSER}
    for body, who in zip(bodies, cycle(credentials), strict=False):
        length = {"CONTENT_LENGTH": str(len(body))} if body else {}
        yield {**whole, **who, **length, "wsgi.input": io.BytesIO(body)}


def nothing() -> Iterator[bytes]:
    while True:
        yield b""


def students() -> Iterator[bytes]:
    for number in count(100_000):
        yield json.dumps({**samples.STUDENT, "nis": str(number)}).encode()


def teachers() -> list[User]:
    group = Group.objects.get(name="admin")
    users = [User(username=f"guru{number}", email=f"guru{number}@example.sch.id") for number in range(TEACHERS)]
    for user in users:
        user.set_unusable_password()
        user.save()
        user.groups.add(group)
    return users


def token(user: User) -> dict[str, str]:
    """Without a role in it, which the event log has to know by itself then."""
    return {"HTTP_AUTHORIZATION": f"Bearer {AccessToken.for_user(user)}"}


def session(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


# --- the figures ---
def seconds(turn: Turn) -> float:
    return turn.median


def request_rows(name: str, run: Comparison, budget: Budget) -> Iterator[Row]:
    added, ratio = run.added(seconds) * 1e6, run.ratio(seconds)
    limits = [f"+{budget.added_us:.0f} us"] if budget.added_us else []
    limits += [f"x{budget.ratio:.2f}"] if budget.ratio else []
    kept = (not budget.added_us or added <= budget.added_us) and (not budget.ratio or ratio <= budget.ratio)
    sides = (f"{run.of(0, seconds) * 1e6:.0f} us", f"{run.of(1, seconds) * 1e6:.0f} us")
    yield Row((f"{name}: median", *sides, f"{added:+.0f} us", f"x{ratio:.3f}"), ", ".join(limits), kept)
    yield cpu_row(f"{name}: CPU", run, lambda turn: turn.cpu, budget.cpu)
    if run.pairs[0][0].backend_cpu:
        yield cpu_row(f"{name}: CPU + db", run, lambda turn: turn.cpu + turn.backend_cpu, budget.all_cpu)


def cpu_row(name: str, run: Comparison, figure: Callable[[Turn], float], limit: float | None) -> Row:
    """A call's share of a turn's CPU time, the storing of its event included."""
    calls, ratio = len(run.pairs[0][0].seconds), run.ratio(figure)
    sides = tuple(f"{run.of(side, figure) / calls * 1e6:.0f} us" for side in (0, 1))
    added = f"{run.added(figure) / calls * 1e6:+.0f} us"
    kept = None if limit is None else ratio <= limit
    return Row((name, *sides, added, f"x{ratio:.3f}"), f"x{limit:.2f}" if limit else "", kept)


def query_row(name: str, sides: tuple[Side, Side], budget: Budget) -> Row:
    """Statements on the request's connection, by a user whom this process has not seen before."""
    counts = []
    for side in sides:
        side.enter()
        roles.forget()
        with CaptureQueriesContext(connection) as queries:
            side.call()
        side.finish()
        counts.append(len(queries))
    added = counts[1] - counts[0]
    kept = None if budget.queries is None else added <= budget.queries
    limit = "" if budget.queries is None else f"+{budget.queries}"
    return Row((f"{name}: SQL", str(counts[0]), str(counts[1]), f"{added:+d}", ""), limit, kept)


def compare(name: str, sides: tuple[Side, Side], budget: Budget, options: argparse.Namespace) -> list[Row]:
    say(f"… {name}")
    queries = query_row(name, sides, budget)
    run = in_turns(*sides, rounds=options.rounds, calls=options.calls)
    return [*request_rows(name, run, budget), queries]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--only", default="", help="part of a name: GET, POST, save")
    options = parser.parse_args()
    with throwaway_database():
        users = teachers()
        Siswa.objects.bulk_create(Siswa(**{**samples.STUDENT, "nis": str(number)}) for number in range(20))
        tokens, cookies = [token(user) for user in users], [session(user) for user in users]
        student, grades = Siswa.objects.order_by("pk")[0], count()

        def save() -> None:
            number = next(grades)
            student.alamat, student.kelas = f"Jalan Melati {number}", f"{number % 12}A"
            student.save()

        with stand() as place:
            rows = []
            for name, sides, budget in (
                (
                    "GET list, JWT",
                    place.requests(environs("GET", nothing(), tokens), 200),
                    Budget(added_us=100, ratio=1.05, all_cpu=1.10, queries=0),
                ),
                (
                    "GET list, session",
                    place.requests(environs("GET", nothing(), cookies), 200),
                    Budget(added_us=100, ratio=1.05, all_cpu=1.10, queries=0),
                ),
                (
                    "POST create, JWT",
                    place.requests(environs("POST", students(), tokens), 201),
                    Budget(ratio=1.40),
                ),
                ("save(), autocommit", place.sides(save, save), Budget(ratio=2.3)),
            ):
                rows += compare(name, sides, budget, options) if options.only in name else []
        table(f"{options.rounds} rounds of {options.calls} each", HEADS, rows)
        say(f"\n{Event.objects.count()} events stored.")


if __name__ == "__main__":
    main()
