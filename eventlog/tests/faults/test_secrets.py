"""A secret that is sent to the site in any way is nowhere afterwards but with the one who sent it."""

import base64
import json
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from urllib.parse import quote, urlencode

import pytest

from eventlog.tests.faults.servers import Request, Server, Site

PASSWORD = "Kanarienvogel-9f3k7q"
CARD = "5105105105105100"  # passes Luhn
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VybmFtZSI6ImNhbmFyeS1xdXgifQ.c2lnbmF0dXJlLW9mLWEtY2FuYXJ5LXF1eA"
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
SECRETS = {"password": PASSWORD, "card": CARD, "token": TOKEN, "signature": TOKEN.rpartition(".")[2], "basic": BASIC}
FIELDS = {"password": PASSWORD, "access_token": TOKEN, "card_number": CARD, "note": f"card {CARD}, Bearer {TOKEN}"}
SENTENCE = f"password={PASSWORD} token={TOKEN} card {CARD}"
JSON, FORM = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
TEXT = {"Content-Type": "text/plain"}
LABELLED = [{"name": name, "value": value} for name, value in FIELDS.items()]
CHANGED = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in FIELDS.items()]


def multipart(fields: dict[str, str]) -> bytes:
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(part.format(*item) for item in fields.items()) + "--x--\r\n").encode()


def requests() -> Iterator[Request]:
    nested = json.dumps({"user": {"credentials": [FIELDS]}, "text": json.dumps(FIELDS)}).encode()
    query = urlencode(FIELDS)
    yield Request("POST", "/faults/echo/", JSON, nested)
    yield Request("POST", "/faults/echo/", FORM, query.encode())
    yield Request("POST", "/faults/echo/", MULTIPART, multipart(FIELDS))
    for values in ({"passwordlama": PASSWORD, "sandibaru": PASSWORD}, LABELLED, CHANGED, list(FIELDS.items())):
        yield Request("POST", "/faults/echo/", JSON, json.dumps(values).encode())
        yield Request("POST", "/faults/echo/", JSON, json.dumps(values).encode()[:-1])  # no JSON
    yield Request("POST", "/faults/echo/", TEXT, multipart(FIELDS))
    yield Request("POST", "/faults/echo/", TEXT, "".join(f"<{n}>{v}</{n}>" for n, v in FIELDS.items()).encode())
    yield Request("GET", f"/faults/echo/?{query}")
    yield Request("GET", f"/faults/echo/?code={PASSWORD}&state=1", {"Sec-WebSocket-Protocol": f"bearer, {PASSWORD}"})
    yield Request("GET", f"/no/such/page?{query}")
    yield Request("GET", f"/faults/echo/{TOKEN}/")
    yield Request("GET", f"/faults/echo/{CARD}/")
    yield Request("GET", "/", {"Referer": f"https://example.org/?{query}", "User-Agent": f"agent {SENTENCE}"})
    yield Request("GET", "/api/auth/me", {"Authorization": f"Bearer {TOKEN}"})
    yield Request("GET", "/api/auth/me", {"Authorization": f"Basic {BASIC}"})
    yield Request(
        "GET", "/", {"X-Api-Key": PASSWORD, "X-Auth-Token": TOKEN, "Cookie": f"sessionid={PASSWORD}; token={TOKEN}"}
    )
    yield Request("POST", "/api/auth/login", JSON, json.dumps({"username": "ada", "password": PASSWORD}).encode())
    yield Request("POST", "/api/auth/refresh", JSON, json.dumps({"refresh": TOKEN}).encode())
    yield Request("POST", "/admin/login/", FORM, urlencode({"username": "ada", "password": PASSWORD}).encode())
    yield Request("POST", "/api/auth/login", JSON, f'{{"password": "{PASSWORD}", '.encode())  # no JSON
    for path in ("fail", "log"):
        yield Request("GET", f"/faults/{path}/?password={quote(SENTENCE)}")
    for path in ("fail-in-sql", "slow-sql"):
        yield Request("GET", f"/faults/{path}/?password={PASSWORD}")
    for wrong in (f"{PASSWORD}'::int, '", f"', no_such_function('{PASSWORD}'), '", f"'::{PASSWORD}, '"):
        yield Request("GET", f"/faults/slow-sql/?password={quote(wrong)}")


def found_in(text: str) -> list[str]:
    """The names of the secrets in it, each with what is around it."""
    return [
        f"{name}: …{text[max(0, at - 120) : at + len(secret) + 20]}"
        for name, secret in SECRETS.items()
        if (at := text.find(secret)) >= 0
    ]


def stored(site: Site) -> str:
    tables = ("events", "event_outbox", "event_dead_letters", "event_batches")
    return "\n".join(row[0] for table in tables for row in site.rows(f"SELECT t::text FROM {table} t"))


def start(site: Site, kind: str) -> Server:
    if kind == "gunicorn":
        return site.gunicorn("-w", "1", "--threads", "2", "--access-logformat", '%(r)s %(s)s "%(f)s" "%(a)s"')
    return site.uvicorn("--log-level", "debug")


@pytest.mark.parametrize(("kind", "debug"), [("gunicorn", "off"), ("uvicorn", "off"), ("gunicorn", "on")])
def test_no_secret_is_in_database_log_or_error_page(site: Site, kind: str, debug: str) -> None:
    """With DEBUG on, Django's own pages show developers what they have sent; these are left out."""
    site.environment |= {"DEBUG": debug, "HTTPS": "off", "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "DEBUG"}
    server = start(site, kind)
    asked = list(requests())
    answers = [server.ask(request) for request in asked]
    server.end()

    assert site.count("event_type = 'HTTP_REQUEST'") == len(asked)
    assert site.count("event_type = 'SLOW_QUERY'") == 1
    assert site.count("event_type = 'ERROR_500'") >= 2
    assert found_in(stored(site)) == []
    assert found_in(server.said()) == []
    assert debug == "on" or [found for answer in answers for found in found_in(answer.body.decode())] == []


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_no_secret_is_in_journal_or_log_while_the_database_is_away(site: Site, kind: str) -> None:
    with site.without_database():
        server = start(site, kind)
    for request in requests():
        server.ask(request)
    server.end(signal.SIGKILL)

    journal = b"".join(path.read_bytes() for path in site.spool.iterdir()).decode()
    assert journal.count('"HTTP_REQUEST"') == len(list(requests()))
    assert found_in(journal) == []
    assert found_in(server.said()) == []


def sign_ins() -> Iterator[Request]:
    """With the password in the place of the name."""
    for fields in ({"username": PASSWORD, "password": "ada"}, {"username": PASSWORD}):
        yield Request("POST", "/api/auth/login", JSON, json.dumps(fields).encode())
        yield Request("POST", "/admin/login/", FORM, urlencode(fields).encode())


@pytest.mark.parametrize("database", ["there", "away"])
def test_a_password_typed_as_a_name_is_kept_nowhere(site: Site, database: str) -> None:
    with site.without_database() if database == "away" else nullcontext():
        server = site.gunicorn("-w", "1")
    for request in sign_ins():
        server.ask(request)
    server.end()
    site.drain()
    assert site.count("event_type = 'HTTP_REQUEST'") == 4
    assert found_in(stored(site)) == []
    assert found_in(server.said()) == []
