"""The servers' own lines about requests name them."""

from functools import partial

import pytest

from eventlog.tests.faults.servers import Request, Server, Site, eventually, free_port


def started(site: Site, name: str) -> Server:
    if name == "runserver":
        port = free_port()
        return site.serve("django", "runserver", "--noreload", str(port), port=port)
    return site.gunicorn("-w", "1") if name == "gunicorn" else site.uvicorn()


def lines_about(server: Server, path: str) -> list[str]:
    return [line for line in server.said().splitlines() if f" {path} HTTP" in line]


@pytest.mark.parametrize("name", ["gunicorn", "uvicorn", "runserver"])
def test_the_line_of_a_request_names_it(site: Site, name: str) -> None:
    server = started(site, name)
    for path in ("/no-such-page", "/health/live"):
        request_id = f"id-of{path.replace('/', '-')}"
        server.ask(Request(path=path, headers={"X-Request-ID": request_id}))
        lines = eventually(partial(lines_about, server, path))
        assert len(lines) == 1 and f"[{request_id}]" in lines[0], server.said()


def test_what_is_no_request_has_no_id_of_the_one_before(site: Site) -> None:
    server = started(site, "gunicorn")
    server.ask(Request(path="/health/live", headers={"X-Request-ID": "the-one-before"}))
    server.ask(Request(path="/health/live", headers={"Content-Length": "many"}))
    server.end()
    lines = [line for line in server.said().splitlines() if '" 400 ' in line]
    assert lines and "the-one-before" not in lines[0], server.said()


def test_what_the_project_logs_is_an_event(site: Site) -> None:
    site.ran("import logging; logging.getLogger('school').warning('no paper')")
    assert site.count("event_type = 'LOG_WARNING' AND event_name = 'no paper'") == 1
