"""Each request is recorded once, for the one who made it, whichever server runs the site and whatever dies."""

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from eventlog.tests.faults.people import Person, mixed_requests
from eventlog.tests.faults.servers import Answer, Request, Server, Site, eventually

SERVERS = {"gunicorn": ("-w", "2", "--preload"), "uvicorn": (), "uvicorn with 2 workers": ("--workers", "2")}
REQUESTS = {"gunicorn": 1000, "uvicorn": 1000, "uvicorn with 2 workers": 200}


def start(site: Site, name: str) -> Server:
    return (site.gunicorn if name == "gunicorn" else site.uvicorn)(*SERVERS[name])


def recorded(site: Site) -> dict[str, str]:
    """{request id: user name} of the requests; each id must be there once."""
    found = site.rows("SELECT request_id, username FROM events WHERE event_type = 'HTTP_REQUEST'")
    assert max(Counter(request_id for request_id, _ in found).values()) == 1
    return dict(found)


def answered(requests: list[Request], answers: list[Answer | None]) -> dict[str, str]:
    """{request id: user name} as the clients know it."""
    return {
        answer.request_id: request.username
        for request, answer in zip(requests, answers, strict=True)
        if answer is not None
    }


@pytest.mark.parametrize("name", SERVERS)
def test_each_of_a_thousand_requests_is_recorded_once_with_its_own_actor(
    site: Site, people: list[Person], name: str
) -> None:
    server = start(site, name)
    requests = mixed_requests(people, REQUESTS[name])
    answers = server.ask_all(requests)
    server.end()

    expected = answered(requests, answers)
    assert len(expected) == REQUESTS[name]
    assert [answer.body for answer in answers if answer and answer.status == 500] == []
    assert {answer.status for answer in answers if answer} == {200, 201, 302, 403, 404}
    assert recorded(site) == expected
    assert site.waiting() == []
    site.assert_accounts_are_exact()


def test_under_asgi_a_connection_to_the_database_ends_with_its_request(site: Site, people: list[Person]) -> None:
    server = start(site, "uvicorn")
    answers = server.ask_all([Request(path="/api/siswa/", headers=people[0].by_token)] * 200)

    def number() -> int:
        [(found,)] = site.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(found)

    assert {answer.status for answer in answers if answer} == {200}
    assert eventually(lambda: number() < 10)  # of the event log's own threads, and the one that asks
    server.end()


def test_every_answered_request_is_there_after_the_death_of_a_worker(site: Site, people: list[Person]) -> None:
    server = start(site, "gunicorn")
    requests = mixed_requests(people, 1000)
    answers = server.ask_all(requests[:300])
    victim = server.workers()[0]
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(server.ask_all, requests[300:])
        assert eventually(lambda: site.count() > 400)
        os.kill(victim, signal.SIGKILL)
        answers += rest.result()
    assert eventually(lambda: site.count("event_type = 'UNCLEAN_STOP'"), seconds=20)
    server.end()

    expected = answered(requests, answers)
    assert len(expected) > 950
    assert expected.items() <= recorded(site).items()
    assert site.rows("SELECT process_id FROM events WHERE event_type = 'UNCLEAN_STOP'") == [(victim,)]
    assert site.waiting() == []
    site.assert_status_says_so()
