"""Every request is recorded, whatever its answer and whoever gave it."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from pytest_django import Settings

from eventlog.capture import middleware, processes
from eventlog.capture.requests import readable_route
from eventlog.models import Event

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


@pytest.mark.parametrize("status", [200, 204, 301, 302, 304, 400, 401, 403, 404, 405, 410, 422, 500, 503])
def test_an_answer_of_any_status_is_recorded(client: Client, request_event: Find, status: int) -> None:
    client.get(f"/try/status/{status}/")
    assert request_event().response_status == status


@pytest.mark.parametrize(
    ("path", "status", "endpoint"),
    [
        ("/no/such/page", 404, ""),
        ("/try/missing/", 404, "/try/missing/"),
        ("/try/forbidden/", 403, "/try/forbidden/"),
        ("/try/suspicious/", 400, "/try/suspicious/"),
        ("/try/fail/", 500, "/try/fail/"),
        ("/try/missing", 301, ""),
    ],
)
def test_an_answer_made_for_the_view_is_recorded_with_its_route(
    client: Client, request_event: Find, path: str, status: int, endpoint: str
) -> None:
    client.get(path)
    event = request_event()
    assert (event.response_status, event.endpoint) == (status, endpoint)


def test_a_method_that_is_not_allowed_is_recorded(client: Client, request_event: Find) -> None:
    client.delete("/try/only-get/")
    assert (request_event().response_status, request_event().request_method) == (405, "DELETE")


def test_a_refusal_by_the_csrf_middleware_is_recorded(request_event: Find) -> None:
    Client(enforce_csrf_checks=True).post("/try/whoami/")
    assert request_event().response_status == 403


def test_a_host_that_is_not_allowed_is_recorded(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/", headers={"host": "evil.example"})
    assert request_event().response_status == 400


def test_a_redirect_to_https_is_recorded(client: Client, request_event: Find, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client.get("/try/whoami/")
    assert request_event().response_status == 301


@pytest.mark.parametrize("path", ["/no/such/page", "/try/forbidden/", "/try/fail/", "/try/suspicious/", "/try/afail/"])
def test_under_asgi_they_are_recorded_too(async_client: AsyncClient, request_event: Find, path: str) -> None:
    answer = async_to_sync(async_client.get)(path)
    assert request_event().response_status == answer.status_code


def test_under_asgi_recording_stays_on_the_event_loop(
    async_client: AsyncClient, direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    record = middleware.record

    def spy(*args: Any, **kwargs: Any) -> None:
        threads.append(asyncio.get_running_loop())  # raises where there is none
        record(*args, **kwargs)

    monkeypatch.setattr(middleware, "record", spy)
    async_to_sync(async_client.get)("/try/status/200/")
    assert len(threads) == 1


def test_under_asgi_the_processors_time_is_not_known(
    async_client: AsyncClient, request_event: Find, direct: Callable[[], None]
) -> None:
    async_to_sync(async_client.get)("/try/status/200/")
    direct()
    assert request_event().cpu_time_ms is None


def test_an_unhandled_exception_is_recorded_with_type_message_and_traceback(
    client: Client, request_event: Find
) -> None:
    client.get("/try/fail/?text=boom")
    event = request_event()
    assert (event.error_code, event.error_message) == ("ValueError", "ValueError: boom")
    assert "in fail" in event.stack_trace


@pytest.mark.parametrize("path", ["/try/fail/?text=password%3Dhunter2", "/try/fail/?text=Bearer+hunter2hunter2"])
def test_what_an_exception_says_is_redacted(client: Client, path: str) -> None:
    client.get(path)
    for event in Event.objects.all():
        assert "hunter2" not in f"{event.error_message} {event.stack_trace} {event.query_params} {event.event_data}"


def test_an_unhandled_exception_leaves_an_error_500_beside_its_request(client: Client, the_event: Find) -> None:
    client.get("/try/fail/")
    assert the_event("ERROR_500").error_fingerprint == the_event("HTTP_REQUEST").error_fingerprint != ""


def test_under_asgi_the_exception_is_known_too(async_client: AsyncClient, request_event: Find) -> None:
    async_to_sync(async_client.get)("/try/afail/")
    assert request_event().error_message == "ValueError: in async"


def fingerprints(*paths: str) -> set[str]:
    for path in paths:
        Client(raise_request_exception=False).get(path)
    return set(Event.objects.filter(event_type="ERROR_500").values_list("error_fingerprint", flat=True))


def test_equal_faults_have_equal_fingerprints_whatever_they_say() -> None:
    assert len(fingerprints("/try/fail/?text=1", "/try/fail/?text=2")) == 1


def test_different_faults_have_different_fingerprints_in_one_view_too() -> None:
    assert len(fingerprints("/try/fail-otherwise/", "/try/fail-otherwise/?other=1", "/try/fail/")) == 3


def test_a_process_that_is_told_to_end_in_the_middle_records_the_request(client: Client, request_event: Find) -> None:
    with pytest.raises(SystemExit):
        client.get("/try/exit/")
    event = request_event()
    assert (event.error_code, event.event_status, event.response_status) == ("SystemExit", "ERROR", None)


def test_a_client_that_goes_while_the_view_works_is_recorded_once(
    async_client: AsyncClient, request_event: Find, direct: Callable[[], None]
) -> None:
    async def leave() -> None:
        task = asyncio.ensure_future(async_client.get("/try/asleep/"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(leave)()
    direct()
    assert request_event().error_code == "client_gone"


def test_a_request_fills_its_columns(client: Client, request_event: Find) -> None:
    client.get("/try/status/200/?a=1", headers={"user-agent": "curl/8", "referer": "https://school.example/"})
    event = request_event()
    assert (event.request_path, event.query_params, event.user_agent) == ("/try/status/200/", {"a": "1"}, "curl/8")
    assert (event.referrer, event.ip_address) == ("https://school.example/", "127.0.0.1")
    assert (event.response_size_bytes, event.response_content_type) == (2, "text/html; charset=utf-8")
    assert event.request_headers["User-Agent"] == "curl/8"


@pytest.mark.parametrize(
    "column",
    [
        "response_time_ms",
        "cpu_time_ms",
        "memory_usage_mb",
        "memory_delta_kb",
        "db_query_count",
        "db_time_ms",
        "server_name",
        "process_id",
        "environment",
        "application_version",
    ],
)
def test_a_request_says_where_it_ran_and_what_it_cost(client: Client, request_event: Find, column: str) -> None:
    client.get("/try/status/200/")
    assert getattr(request_event(), column) not in (None, "")


@pytest.mark.parametrize(
    ("status", "outcome", "severity"),
    [(200, "SUCCESS", "info"), (302, "SUCCESS", "info"), (404, "FAILED", "low"), (500, "ERROR", "high")],
)
def test_status_and_severity_follow_from_the_answer(
    client: Client, request_event: Find, status: int, outcome: str, severity: str
) -> None:
    client.get(f"/try/status/{status}/")
    assert (request_event().event_status, request_event().severity) == (outcome, severity)


def test_nothing_is_sent_for_head_so_its_size_is_nothing(client: Client, request_event: Find) -> None:
    client.head("/try/status/200/")
    assert (request_event().request_method, request_event().response_size_bytes) == ("HEAD", 0)


@pytest.mark.parametrize("path", ["/static/nothing.css", "/health/live", "/metrics"])
def test_excluded_paths_are_not_recorded_but_have_a_request_id(client: Client, path: str) -> None:
    answer = client.get(path)
    assert not Event.objects.exists() and answer["X-Request-ID"]


def test_an_excluded_path_asks_nothing_of_the_database(
    client: Client, ada: User, django_assert_num_queries: Any
) -> None:
    client.force_login(ada)
    with django_assert_num_queries(0):
        client.get("/static/nothing.css")


@pytest.mark.parametrize("path", ["/try/forbidden/", "/try/status/401/"])
def test_a_refusal_on_something_real_is_an_unauthorized_access(client: Client, the_event: Find, path: str) -> None:
    client.get(path)
    assert the_event("UNAUTHORIZED_ACCESS").request_id == the_event("HTTP_REQUEST").request_id


def test_a_missing_page_is_no_unauthorized_access(client: Client, types: Callable[[], list[str]]) -> None:
    client.get("/no/such/page")
    assert types() == []


@pytest.mark.parametrize(
    ("path", "category"), [("/try/status/200/", "CRUD"), ("/admin/login/", "AUTH"), ("/health/ready", "SYSTEM")]
)
def test_a_request_has_the_category_of_what_it_was_for(
    client: Client, request_event: Find, event_log: Callable[..., None], path: str, category: str
) -> None:
    event_log(EXCLUDE_PATHS=())
    client.get(path)
    assert request_event().event_category == category


@pytest.mark.parametrize(
    ("route", "endpoint"),
    [
        ("", "/"),
        ("api/siswa/<int:pk>", "/api/siswa/{id}"),
        (r"api/^siswa/(?P<id>[^/.]+)/?$", "/api/siswa/{id}"),
        (r"api/^siswa/?$", "/api/siswa"),
        (r"^files/(?P<path>.*)$", "/files/{path}"),
        (r"^archive/(?P<year>[0-9]{4})/(\w+)/$", "/archive/{year}/{var}/"),
        ("<slug:kind>/<uuid:pk>/part-<int:number>", "/{kind}/{id}/part-{number}"),
    ],
)
def test_a_route_is_readable(route: str, endpoint: str) -> None:
    assert readable_route(route) == endpoint


def test_the_endpoint_is_the_route_and_not_the_path(client: Client, request_event: Find) -> None:
    client.get("/api/siswa/17")
    assert request_event().endpoint == "/api/siswa/{id}"


@pytest.mark.parametrize("given", ["abc-1.2_3", "x" * 64])
def test_a_request_id_that_is_well_formed_is_accepted_and_returned(
    client: Client, request_event: Find, given: str
) -> None:
    answer = client.get("/try/status/200/", headers={"x-request-id": given})
    assert answer["X-Request-ID"] == request_event().request_id == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", "<script>", "a\x00"])
def test_any_other_request_id_is_replaced(client: Client, request_event: Find, given: str) -> None:
    answer = client.get("/try/status/200/", headers={"x-request-id": given})
    assert answer["X-Request-ID"] == request_event().request_id != given
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


def test_under_asgi_the_request_id_is_accepted_too(async_client: AsyncClient) -> None:
    answer = async_to_sync(async_client.get)("/try/awhoami/", headers={"x-request-id": "from-outside"})
    assert answer["X-Request-ID"] == "from-outside"


@pytest.mark.parametrize("path", ["/no/such/page", "/try/forbidden/", "/try/suspicious/", "/try/fail/", "/api/nothing"])
def test_an_error_page_shows_the_request_id(client: Client, path: str) -> None:
    answer = client.get(path, headers={"x-request-id": "tell-the-office", "accept": "text/html"})
    assert b"tell-the-office" in answer.content


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_page_about_a_form_without_its_csrf_token_shows_the_request_id(accept: str) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/admin/login/", headers={"x-request-id": "tell-the-office", "accept": accept})
    assert (answer.status_code, b"tell-the-office" in answer.content) == (403, True)


def test_log_lines_of_a_request_know_its_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    from eventlog.context import RequestIdFilter

    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level(logging.WARNING):
        client.get("/try/fail/", headers={"x-request-id": "in-the-log"})
    assert {record.request_id for record in caplog.records} == {"in-the-log"}


def test_the_trace_id_is_read(client: Client, request_event: Find) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    client.get("/try/status/200/", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert request_event().trace_id == trace


@pytest.mark.parametrize("given", ["", "garbage", f"00-{'0' * 32}-b7ad6b7169203331-01", "00-xyz"])
def test_a_bad_traceparent_is_no_trace_id(client: Client, request_event: Find, given: str) -> None:
    client.get("/try/status/200/", headers={"traceparent": given})
    assert request_event().trace_id == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "x" * 100_000},
        {"user-agent": "a\x00b\xff\ud800"},
        {"referer": "http://[broken" + "x" * 100_000},
        {"content-type": "application/json; charset=idna"},
        {"x-forwarded-for": "garbage, ::::, 999.9.9.9" * 1000},
        {"authorization": "Bearer " + "x" * 100_000},
        {"authorization": "Bearer \x00\xff.e30.x"},
        {"authorization": "Basic ????"},
        {"cookie": "sessionid=\x00; csrftoken=" + "x" * 100_000},
    ],
)
def test_odd_headers_are_recorded_and_never_a_fault(
    client: Client, request_event: Find, headers: dict[str, str]
) -> None:
    answer = client.get("/try/status/200/?a=1", headers=headers)
    assert answer.status_code == request_event().response_status == 200


@pytest.mark.parametrize("path", ["/" + "x" * 100_000, "/a%00b", "/%ff%fe", "/%ed%a0%80", "/?" + "q" * 100_000])
def test_odd_paths_are_recorded_and_never_a_fault(client: Client, request_event: Find, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == request_event().response_status != 500


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("a=1&a=2&b=", {"a": ["1", "2"], "b": ""}),
        ("a=%00", {"a": "\\x00"}),
        ("a=%ff", {"a": "�"}),
        ("token=hunter2", {"token": "[redacted]"}),
    ],
)
def test_a_query_is_kept_as_django_reads_it(
    client: Client, request_event: Find, query: str, params: dict[str, Any]
) -> None:
    client.get(f"/try/status/200/?{query}")
    assert request_event().query_params == params


def test_a_query_of_100_kilobytes_is_cut_with_a_mark(client: Client, request_event: Find) -> None:
    client.get("/try/status/200/?q=" + "x" * 100_000)
    assert (request_event().query_params, request_event().tags) == ({"q": "[cut]"}, ["truncated"])


def test_a_query_with_too_many_fields_is_kept_as_text(client: Client, request_event: Find) -> None:
    client.get("/try/status/200/?" + "&".join(f"a{n}=1" for n in range(1200)))
    assert (request_event().response_status, request_event().tags) == (200, ["unparsed"])


def test_a_fault_of_ours_leaves_the_answer_alone_and_the_event_incomplete(
    client: Client, event_log: Callable[..., None], direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr("eventlog.capture.requests.headers_of", lambda request: 1 / 0)
    answer = client.get("/try/status/200/")
    direct()
    event = Event.objects.get(event_type="HTTP_REQUEST")
    assert (answer.status_code, event.tags) == (200, ["incomplete"])


def test_a_request_that_cannot_even_be_looked_at_is_answered(
    client: Client, event_log: Callable[..., None], direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr("eventlog.capture.client.address_of", lambda request: 1 / 0)
    assert client.get("/try/status/200/").status_code == 200


def test_a_fault_of_ours_after_the_requests_event_leaves_it_the_only_one(
    client: Client,
    event_log: Callable[..., None],
    direct: Callable[[], None],
    request_event: Find,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr("eventlog.capture.tokens.refused", lambda request, response: 1 / 0)
    client.get("/try/status/401/")
    direct()
    assert (request_event().response_status, request_event().tags) == (401, [])


def test_nothing_is_recorded_where_it_is_switched_off(client: Client, event_log: Callable[..., None]) -> None:
    event_log(ENABLED=False)
    client.get("/try/fail/")
    assert not Event.objects.exists()


def test_the_first_request_records_the_start_of_the_process(client: Client, direct: Callable[[], None]) -> None:
    processes._started.clear()
    client.get("/try/status/200/")
    direct()
    assert Event.objects.get(event_type="APP_START").event_data["kind"] == "web"


@pytest.mark.parametrize("path", ["/metrics-of-pupils", "/static/../api/siswa"])
def test_a_path_that_only_begins_like_an_excluded_one_is_recorded(client: Client, path: str) -> None:
    client.get(path)
    assert Event.objects.filter(event_type="HTTP_REQUEST").count() == 1
