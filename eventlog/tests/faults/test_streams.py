"""`/api/events/stream` as uvicorn serves it: many readers at once, cuts, locks, and the end of the server."""

import http.client
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from threading import Thread
from urllib.parse import urlsplit

import pytest

from eventlog.tests.faults import servers
from eventlog.tests.faults.people import Person
from eventlog.tests.faults.servers import Server, Site, eventually

PATH = "/api/events/stream"
NOTES = f"{PATH}?type=maintenance&after=start"
RECORD = "for n in range(int(sys.argv[1]), int(sys.argv[2])): record(n)"
SLOW = 40  # seconds: tests beside this one may hold up the store order


Listen = Callable[..., "Reader"]


@dataclass
class Reader:
    """Reads a stream in a thread of its own, as a browser's EventSource does."""

    server: Server
    path: str
    headers: dict[str, str]
    status: int = 0
    seen: list[str] = field(default_factory=list)  # reasons of the notes
    places: list[str] = field(default_factory=list)
    end: str = ""
    body: bytes = b""
    has_ended: bool = False

    def start(self) -> "Reader":
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.connection.request("GET", self.path, headers=self.headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.thread = Thread(target=self.read, daemon=True)
        self.thread.start()
        return self

    def read(self) -> None:
        with suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            if self.status != 200:
                self.body = self.response.read()
            else:
                self.take()
        self.has_ended = True

    def take(self) -> None:
        message: dict[str, str] = {}
        for line in iter(self.response.readline, b""):
            name, _colon, value = line.decode().rstrip("\n").partition(": ")
            if not name:
                self.dispatch(message)
                message = {}
            else:
                message[name] = value

    def dispatch(self, message: dict[str, str]) -> None:
        if message.get("event") == "end":
            self.end = json.loads(message["data"])["reason"]
        elif "data" in message:
            self.seen.append(json.loads(message["data"])["reason"])
            self.places.append(message["id"])

    def cut(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)
        self.thread.join(10)
        self.response.close()
        self.socket.close()
        self.connection.close()


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    site.environment["EVENTLOG_FLUSH_INTERVAL"] = "0.1"
    yield site.uvicorn()


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts a reader, by somebody's token; all are cut after the test."""
    readers: list[Reader] = []

    def listening(server: Server, who: Person | dict[str, str], path: str = NOTES, **headers: str) -> Reader:
        credentials = who.by_token if isinstance(who, Person) else who
        readers.append(Reader(server, path, {**credentials, **headers}).start())
        return readers[-1]

    yield listening
    for reader in readers:
        reader.cut()


def numbers(begin: int, end: int) -> list[str]:
    return [str(number) for number in range(begin, end)]


def test_readers_at_once_each_get_everything_once(
    site: Site, people: list[Person], server: Server, listen: Listen
) -> None:
    readers = [listen(server, people[0]) for _ in range(3)]
    readers += [listen(server, people[0].by_session)]
    writers = [site.script(RECORD, str(begin), str(begin + 100)) for begin in (0, 100, 200)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert eventually(lambda: all(len(reader.seen) >= 300 for reader in readers), seconds=SLOW)
    assert [sorted(reader.seen, key=int) for reader in readers] == [numbers(0, 300)] * 4


def test_after_a_cut_nothing_is_missed_and_nothing_comes_twice(
    site: Site, people: list[Person], server: Server, listen: Listen
) -> None:
    site.ran(RECORD, "0", "50")
    first = listen(server, people[0])
    assert eventually(lambda: len(first.seen) >= 30, seconds=SLOW)
    first.cut()
    site.ran(RECORD, "50", "80")
    second = listen(server, people[0], **{"Last-Event-ID": first.places[29]})
    assert eventually(lambda: len(second.seen) >= 50, seconds=SLOW)
    assert sorted(first.seen[:30] + second.seen, key=int) == numbers(0, 80)


def test_they_end_when_the_server_does_and_are_recorded_once(
    site: Site, people: list[Person], server: Server, listen: Listen
) -> None:
    site.ran(RECORD, "0", "1")
    readers = [listen(server, people[0]) for _ in range(3)]
    assert eventually(lambda: all(reader.seen for reader in readers), seconds=SLOW)
    assert server.end(signal.SIGTERM) < 15  # it would wait for its streams for ever
    assert eventually(lambda: all(reader.has_ended for reader in readers))
    assert [reader.end for reader in readers] == ["server_stopping"] * 3
    site.drain()
    assert site.count("endpoint = %s AND username = 'ada' AND response_status = 200", PATH) == 3


def test_a_locked_account_hears_no_more(site: Site, people: list[Person], server: Server, listen: Listen) -> None:
    reader = listen(server, people[3])
    try:
        site.rows("UPDATE auth_user SET is_active = false WHERE username = 'dewi'")
        site.ran(RECORD, "0", "3")
        assert eventually(lambda: reader.has_ended, seconds=15)
        assert (reader.seen, reader.end) == ([], "not_allowed")
    finally:
        site.rows("UPDATE auth_user SET is_active = true WHERE username = 'dewi'")


def test_one_hears_what_one_may_see(site: Site, people: list[Person], server: Server, listen: Listen) -> None:
    reader = listen(server, people[2], f"{PATH}?after=start")
    site.ran(RECORD, "0", "3")
    everything = listen(server, people[0])
    assert eventually(lambda: len(everything.seen) == 3, seconds=SLOW)
    assert (reader.seen, reader.status) == ([], 200)


def test_a_user_has_a_few_and_a_process_a_bounded_number(site: Site, people: list[Person], listen: Listen) -> None:
    site.environment |= {"EVENTLOG_MAX_STREAMS": "3", "EVENTLOG_MAX_STREAMS_PER_USER": "2"}
    server = site.uvicorn()
    statuses = [listen(server, person).status for person in (*[people[0]] * 3, people[1], people[3])]
    assert statuses == [200, 200, 429, 200, 503]


def test_whoever_goes_makes_room(site: Site, people: list[Person], listen: Listen) -> None:
    site.environment["EVENTLOG_MAX_STREAMS"] = "1"
    server = site.uvicorn()
    listen(server, people[0]).cut()
    assert eventually(lambda: listen(server, people[1]).status == 200)


def test_open_streams_hold_no_connection_to_the_database(
    site: Site, people: list[Person], server: Server, listen: Listen
) -> None:
    for person in people:
        listen(server, person)
    assert eventually(lambda: connections_to(site) <= 1, seconds=15)  # the writer's


def connections_to(site: Site) -> int:
    name = urlsplit(site.url).path[1:]
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    return int(servers.rows(site.url, asked, name)[0][0])


def test_it_is_asked_as_the_list_is(people: list[Person], server: Server, listen: Listen) -> None:
    stranger, ada = {"Accept": "text/event-stream"}, {**people[0].by_token, "Accept": "text/event-stream"}
    asked = [(stranger, PATH), (ada, f"{PATH}?after=x"), (ada, f"{PATH}?q=actor:"), (ada, f"{PATH}/")]
    readers = [listen(server, who, path) for who, path in asked]
    assert [reader.status for reader in readers] == [401, 400, 400, 200]
    assert eventually(lambda: readers[0].has_ended) and json.loads(readers[0].body)["status"] == 401


def test_an_export_is_streamed_whole_under_uvicorn(site: Site, people: list[Person], server: Server) -> None:
    site.ran(RECORD, "0", "300")
    answer = server.get("/api/events/export?format=ndjson&type=maintenance", **people[0].by_token)
    found = [json.loads(line)["reason"] for line in answer.body.splitlines()]
    assert sorted(found, key=int) == numbers(0, 300)
    assert eventually(lambda: site.count("event_type = 'EVENTS_EXPORTED' AND event_data @> '{\"count\": 300}'"))
