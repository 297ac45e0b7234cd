"""The database goes away, or hangs, under load: the site goes on and no event is lost.

OUTAGE_SECONDS is for how long it is away (default 10; 30 before a release).
"""

import os
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from eventlog.tests.faults.database import Database
from eventlog.tests.faults.people import Person
from eventlog.tests.faults.servers import Answer, Request, Server, Site, eventually

AWAY_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "10"))
HUNG_SECONDS = 6.0
QUICK = HUNG_SECONDS / 2  # seconds: a page that waited for the database would take all of them, on a slow machine too
WITHOUT_DATABASE = "/accounts/password_reset/done/"  # a page that says something and asks nothing


class Load:
    """Clients that go on asking until the block ends; `phase` names what was asked when.

    What was answered in another phase than it was asked in may be answered either way: `through` holds those apart.
    """

    def __init__(self, server: Server, requests: list[Request]) -> None:
        self.server, self.requests = server, requests
        self.phase = "before"
        self.ended = threading.Event()
        self.answers: list[tuple[str, Request, Answer | None]] = []
        self.through: set[str] = set()  # request ids

    def client(self, number: int) -> None:
        while not self.ended.is_set():
            request = self.requests[number % len(self.requests)]
            phase = self.phase
            answer = self.server.try_ask(request, seconds=20)
            self.answers.append((phase, request, answer))
            if answer is not None and phase != self.phase:
                self.through.add(answer.request_id)
            number += 1
            time.sleep(0.02)

    @contextmanager
    def on(self, clients: int) -> Iterator[None]:
        threads = [threading.Thread(target=self.client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join(60)

    def of(self, phase: str, path: str) -> list[Answer]:
        return [
            answer
            for when, asked, answer in self.answers
            if when == phase and asked.path == path and answer is not None
        ]

    def seconds(self, phase: str, path: str = WITHOUT_DATABASE) -> list[float]:
        return [answer.seconds for answer in self.of(phase, path)]


def requests_of(person: Person) -> list[Request]:
    """A page that needs no database, asked for in three ways, and two that do."""
    ways = ({}, person.by_session, person.by_token)
    pages = [Request(path=WITHOUT_DATABASE, headers=dict(way)) for way in ways]
    return [
        *pages,
        Request(path="/api/siswa/", headers=person.by_token),
        Request(path="/admin/", headers=person.by_session),
    ]


def report(load: Load) -> None:
    for phase in ("before", "during", "after"):
        taken = sorted(load.seconds(phase))
        print(f"{phase}: {len(taken)} answers, median {statistics.median(taken) * 1000:.1f} ms, "  # noqa: T201
              f"95 % {taken[int(len(taken) * 0.95)] * 1000:.1f} ms, worst {taken[-1] * 1000:.1f} ms")  # fmt: skip


def assert_all_recorded(site: Site, load: Load) -> None:
    answered = {answer.request_id for _, _, answer in load.answers if answer is not None}
    found = [row[0] for row in site.rows("SELECT request_id FROM events WHERE event_type = 'HTTP_REQUEST'")]
    assert len(found) == len(set(found))
    assert answered <= set(found)


def test_a_stopped_database_costs_no_event_and_stops_no_page_that_does_without_it(
    own_site: Site, own_people: list[Person], database: Database
) -> None:
    own_site.environment["EVENTLOG_FLUSH_INTERVAL"] = "1"
    server = own_site.gunicorn("-w", "2", "--preload")
    load = Load(server, requests_of(own_people[0]))
    with load.on(3):
        time.sleep(2)
        load.phase = "stopping"
        database.stop()
        load.phase = "during"
        time.sleep(AWAY_SECONDS)
        load.phase = "starting"
        database.start()
        load.phase = "after"
        time.sleep(1)
    back = time.monotonic()
    number = len(load.answers)
    assert eventually(lambda: own_site.count("event_type = 'HTTP_REQUEST'") >= number, seconds=30)
    report(load)
    print(f"{number} requests; all stored {time.monotonic() - back:.1f} s after the load ended")  # noqa: T201

    assert all(answer is not None for _, _, answer in load.answers)
    assert {answer.status for answer in load.of("during", WITHOUT_DATABASE)} == {200}
    refused = [answer for answer in load.of("during", "/api/siswa/") if answer.request_id not in load.through]
    assert {answer.status for answer in refused} == {500}
    assert max(load.seconds("during")) < QUICK
    server.end()
    assert_all_recorded(own_site, load)
    own_site.assert_status_says_so()


def test_a_hung_database_costs_no_event_and_stops_no_page_that_does_without_it(
    own_site: Site, own_people: list[Person], database: Database
) -> None:
    own_site.environment["EVENTLOG_FLUSH_INTERVAL"] = "1"
    server = own_site.gunicorn("-w", "2", "--threads", "8", "--preload")
    pages = requests_of(own_people[0])[:3]
    load = Load(server, pages)
    needs_database = Request(path="/api/siswa/", headers=own_people[0].by_token)
    assert server.ask(pages[1]).status == 200
    with load.on(3), ThreadPoolExecutor(1) as pool:
        time.sleep(1)
        load.phase = "during"
        database.signal(signal.SIGSTOP)
        stuck = pool.submit(server.ask, needs_database)
        time.sleep(HUNG_SECONDS)
        load.phase = "after"
        database.signal(signal.SIGCONT)
        assert stuck.result().status in (200, 500)
        time.sleep(0.5)
    report(load)
    number = len(load.answers) + 2
    assert eventually(lambda: own_site.count("event_type = 'HTTP_REQUEST'") >= number, seconds=30)
    assert max(load.seconds("during")) < QUICK
    server.end()
    assert_all_recorded(own_site, load)
    own_site.assert_status_says_so()


def test_of_a_database_that_hangs_not_even_the_first_page_is_kept_waiting(
    own_site: Site, own_people: list[Person], database: Database
) -> None:
    server = own_site.gunicorn("-w", "1", "--threads", "8")
    by_session = [Request(path=WITHOUT_DATABASE, headers=person.by_session) for person in own_people]
    assert server.ask(by_session[0]).status == 200
    database.signal(signal.SIGSTOP)
    answers = server.ask_all([*by_session, Request(path=WITHOUT_DATABASE)])
    database.signal(signal.SIGCONT)
    server.end()

    assert max(answer.seconds for answer in answers if answer) < QUICK
    found = own_site.rows("SELECT username, tags ? 'unasked' FROM events WHERE event_type = 'HTTP_REQUEST' ORDER BY id")
    known = (own_people[0].name, False)
    assert sorted(found) == sorted([known, known, *[("", True)] * 3, ("", False)])
