"""Events in the admin: read by those who may, changed by nobody."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.admin.pages import HOSTILE, LIST, page_of, queries_on_events, read_detail, reader_with, shown
from eventlog.tests.altering import forget
from eventlog.tests.conftest import Change


def views() -> list[Any]:
    return [event.event_data for event in Event.objects.filter(event_type="EVENTS_VIEWED").order_by("timestamp")]


# --- who looked ---
@pytest.fixture
def reviewer(db: None) -> Client:
    client = reader_with("view_event", "view_security")
    forget()
    return client


def test_a_list_with_security_events_is_told_once(reviewer: Client) -> None:
    for _ in range(2):
        log_event("XSS")
    shown(reviewer, f"{LIST}?q=category:SECURITY&cursor=x")
    assert views() == [{"filter": {"q": "category:SECURITY"}, "security_events": 2}]


def test_only_those_of_the_page_are_told_of(reviewer: Client) -> None:
    for _ in range(51):
        log_event("XSS")
    shown(reviewer, LIST)
    assert [view["security_events"] for view in views()] == [50]


def test_a_live_list_is_told_once_an_hour_for_each_search(reviewer: Client) -> None:
    log_event("XSS")
    with travel(timezone.now()) as clock:
        for path in ("", "", "?q=type:XSS", "?q=type:XSS"):
            shown(reviewer, f"{LIST}live/{path}")
            clock.shift(5)
        clock.shift(3600)
        shown(reviewer, f"{LIST}live/")
    assert [view["filter"] for view in views()] == [{}, {"q": "type:XSS"}, {}]


def test_a_live_list_is_told_of_as_soon_as_it_shows_some(reviewer: Client) -> None:
    shown(reviewer, f"{LIST}live/")
    log_event("XSS")
    shown(reviewer, f"{LIST}live/")
    assert views() == [{"filter": {}, "security_events": 1, "live": True}]


def test_who_pages_through_a_live_list_is_told_of_each_page(reviewer: Client) -> None:
    for _ in range(60):
        log_event("XSS")
    older = re.search(r'href="(\?[^"]*cursor=[^"]*)"', shown(reviewer, f"{LIST}live/?q=type:XSS"))
    assert older is not None
    shown(reviewer, f"{LIST}live/{unescape(older[1])}")
    assert [view["security_events"] for view in views()] == [50, 10]


@pytest.mark.parametrize("path", ["request/?id=r1", "user/?id=7", "address/?ip=203.0.113.7"])
def test_a_timeline_with_security_events_is_told_once(reviewer: Client, path: str) -> None:
    log_event("XSS", request_id="r1", user_id=7, ip_address="203.0.113.7")
    shown(reviewer, LIST + path)
    assert [view["security_events"] for view in views()] == [1]


def test_the_page_of_a_security_event_is_told(reviewer: Client, the_event: Any) -> None:
    event = log_event("XSS")
    shown(reviewer, page_of(event))
    assert views() == [{"filter": {}, "security_events": 1, "event": str(event.id)}]
    assert the_event("EVENTS_VIEWED").username == "auditor"


def test_what_is_no_security_event_is_looked_at_untold(reviewer: Client) -> None:
    event = log_event("MAINTENANCE")
    for path in (LIST, page_of(event)):
        shown(reviewer, path)
    assert views() == []


# --- who ---
def test_a_member_of_staff_without_the_permission_sees_nothing(db: None) -> None:
    client = reader_with()
    assert [client.get(path).status_code for path in (LIST, page_of(log_event("MAINTENANCE")))] == [403, 403]


def test_an_auditor_sees_all_but_security(auditor: Client) -> None:
    log_event(catalog.MAINTENANCE)
    log_event(catalog.SQL_INJECTION)
    page = shown(auditor, LIST)
    assert "MAINTENANCE" in page and "SQL_INJECTION" not in page


def test_a_security_event_is_not_there_for_an_auditor(auditor: Client) -> None:
    assert auditor.get(page_of(log_event(catalog.SQL_INJECTION))).status_code == 302  # the admin's "doesn't exist"


def test_security_events_need_their_own_permission(db: None) -> None:
    client = reader_with("view_event", "view_security")
    finding = log_event(catalog.SQL_INJECTION)
    assert "SQL_INJECTION" in shown(client, LIST) and "SQL_INJECTION" in shown(client, page_of(finding))


# --- read only ---
@pytest.mark.parametrize("page", ["add/", "{}/delete/"])
def test_a_superuser_cannot_add_or_delete(admin_client: Client, page: str) -> None:
    path = LIST + page.format(log_event("MAINTENANCE").id)
    assert [admin_client.get(path).status_code, admin_client.post(path).status_code] == [403, 403]


def test_a_superuser_cannot_change_an_event(admin_client: Client) -> None:
    event = log_event("MAINTENANCE", reason="backup")
    assert admin_client.post(page_of(event), {"reason": "nothing"}).status_code == 403
    assert Event.objects.get(id=event.id).reason == "backup" and not LogEntry.objects.exists()


def test_no_action_deletes_the_chosen(admin_client: Client) -> None:
    event = log_event("MAINTENANCE")
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": str(event.id), "post": "yes"})
    assert Event.objects.filter(id=event.id).exists()
    assert "delete_selected" not in shown(admin_client, LIST)


def test_the_page_of_an_event_offers_no_field_and_no_history(admin_client: Client) -> None:
    page = read_detail(admin_client, "MAINTENANCE")
    assert 'name="_save"' not in page and "/history/" not in page and "<textarea" not in page


# --- one event ---
def test_an_event_is_read_from_one_partition(auditor: Client) -> None:
    event = log_event("MAINTENANCE")
    (query,) = [sql for sql in queries_on_events(auditor, page_of(event)) if "stack_trace" in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"events_{event.timestamp:%Y_%m}" in plan and plan.count("Scan") == 1


def test_an_event_costs_at_most_fifteen_queries(
    auditor: Client, event_log: Change, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    columns = {"username": "ada", "user_id": 7, "request_id": "r1", "entity_type": "siswa", "entity_id": "12"}
    for _ in range(3):
        event = log_event("SISWA_UPDATE", action="UPDATE", **columns)
    event_log(ENABLED=False)
    with django_assert_max_num_queries(15):
        shown(auditor, page_of(event))


@pytest.mark.parametrize("key", ["x", "0", str(UUID(int=0)), "0198f2c4-a1b2-7c3e-9d00-000000000000"])
def test_an_unknown_id_leads_back(auditor: Client, key: str) -> None:
    assert auditor.get(f"{LIST}{key}/change/").status_code == 302


def test_groups_without_content_are_left_out(auditor: Client) -> None:
    page = read_detail(auditor, "MAINTENANCE")
    headings = [name for name in ("What", "Request", "Response", "Record", "Failure") if f">{name}</h2>" in page]
    assert headings == ["What"]


def test_groups_are_in_reading_order(auditor: Client) -> None:
    columns = {"username": "ada", "request_method": "GET", "response_status": 500, "db_query_count": 0}
    page = read_detail(
        auditor,
        "ERROR_500",
        entity_type="siswa",
        error_code="E",
        risk_score=1,
        server_name="web",
        tags=["a"],
        **columns,
    )
    titles = ["What", "Who", "Record", "Request", "Response", "Failure", "Server load", "Security", "System", "Tags"]
    places = [page.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places)


def test_a_change_is_a_table_of_before_and_after(auditor: Client) -> None:
    page = read_detail(
        auditor,
        "NILAI_UPDATE",
        previous_values={"kelas": "X-1", "matematika": 70},
        new_values={"kelas": "X-1", "matematika": 92},
    )
    row = page[page.index("eventlog-changed") : page.index("eventlog-same")]
    assert row.index("matematika") < row.index("70") < row.index("92")


def test_an_action_is_a_word_of_the_reader_s_language_and_stays_as_it_is_for_programs(auditor: Client) -> None:
    event = log_event("SISWA_UPDATE", action="UPDATE", entity_type="siswa", entity_id="12")
    for language, words in (("en", "Changed"), ("id", "Diubah")):
        page = auditor.get(page_of(event), headers={"accept-language": language}).content.decode()
        assert f'<span title="UPDATE">{words}</span>' in page and "&quot;action&quot;: &quot;UPDATE&quot;" in page


def test_why_somebody_could_not_sign_in_is_told_in_words(auditor: Client) -> None:
    event = log_event("LOGIN_FAILED", username="ada", error_code="BAD_CREDENTIALS")
    for path in (LIST, page_of(event), f"{LIST}user/?name=ada"):
        assert '<span title="BAD_CREDENTIALS">wrong password</span>' in shown(auditor, path)


def test_an_action_by_hand_is_shown_as_it_is(auditor: Client) -> None:
    assert '<span title="archived">archived</span>' in read_detail(auditor, "SISWA_UPDATE", action="archived")


def test_how_somebody_came_is_told_in_words(auditor: Client) -> None:
    assert '<span title="jwt">With a token</span>' in read_detail(auditor, "LOGIN", auth_method="jwt")


def test_a_creation_has_nothing_before(auditor: Client) -> None:
    page = read_detail(auditor, "NILAI_CREATE", new_values={"matematika": 92})
    assert '<td data-title="Before"></td><td data-title="After">92</td>' in page


@pytest.mark.parametrize("value", [["a"], "a", 7, {"a": {"b": None}}])
def test_values_of_any_shape_are_shown(auditor: Client, value: Any) -> None:
    read_detail(
        auditor,
        "X_UPDATE",
        previous_values=value,
        new_values=value,
        changed_fields=value,
        event_data=value,
        threats=value,
    )


def test_json_is_indented_and_a_traceback_keeps_its_lines(auditor: Client) -> None:
    page = read_detail(auditor, "ERROR_500", event_data={"nama": "Büdi"}, stack_trace="one\n  two")
    assert "<pre>{\n  &quot;nama&quot;: &quot;Büdi&quot;\n}</pre>" in page and "<pre>one\n  two</pre>" in page


def test_what_outsiders_send_is_escaped(admin_client: Client) -> None:
    columns = ("username", "user_agent", "request_path", "entity_name", "entity_id", "error_message", "stack_trace")
    json = {name: {HOSTILE: HOSTILE} for name in ("event_data", "previous_values", "new_values", "threats")}
    given = dict.fromkeys((*columns, "event_name", "entity_type", "reason", "error_code", "user_role"), HOSTILE)
    event = log_event(f"X{HOSTILE}", **given, **json, tags=[HOSTILE])
    assert "<script>alert" not in shown(admin_client, LIST) + shown(admin_client, page_of(event))


def test_values_lead_to_the_events_of_the_same(auditor: Client) -> None:
    page = read_detail(auditor, "LOGIN", username="ada", request_id="r1", entity_type="siswa", entity_id="a&b")
    for timeline in ("user/?name=ada", "request/?id=r1", "object/?type=siswa&amp;id=a%26b"):
        assert LIST + timeline in page


@pytest.mark.parametrize("path", [LIST, "detail"])
def test_nothing_is_inline(auditor: Client, path: str) -> None:
    page = read_detail(auditor, "MAINTENANCE") if path == "detail" else shown(auditor, path)
    assert "<style" not in page and " style=" not in page and "onclick" not in page and "eventlog/admin.css" in page


def test_times_are_in_the_project_s_zone(auditor: Client) -> None:
    with travel("2026-10-03T17:30:00Z", tick=False):
        event = log_event("MAINTENANCE")
    assert "<span>2026-10-04</span> <span>00:30:00.000000</span></time> WIB" in shown(auditor, page_of(event))


def test_the_account_may_be_gone(auditor: Client) -> None:
    log_event("LOGIN", user_id=999)
    assert "user 999 signed in" in shown(auditor, LIST)


# --- the story around it ---
def test_the_page_begins_with_a_sentence(auditor: Client) -> None:
    changed = {"previous_values": {"kelas": "X"}, "new_values": {"kelas": "XI"}, "changed_fields": ["kelas"]}
    page = read_detail(
        auditor, "SISWA_UPDATE", username="guru001", action="UPDATE", entity_type="siswa", entity_id="12", **changed
    )
    assert "<h1>guru001 changed student 12: class X → XI</h1>" in page


def test_what_else_happened_in_its_request_is_shown(auditor: Client) -> None:
    log_event("HTTP_REQUEST", request_id="r1", request_method="PATCH", request_path="/api/siswa/12")
    page = read_detail(auditor, "SISWA_DELETE", request_id="r1")
    assert "asked for PATCH /api/siswa/12" in page and 'aria-current="true"' in page


def test_of_a_request_with_one_event_nothing_is_repeated(auditor: Client) -> None:
    assert "eventlog-lines" not in read_detail(auditor, "HTTP_REQUEST", request_id="r1")


def test_the_events_before_and_after_of_the_same_person_are_a_click_away(auditor: Client) -> None:
    first, second, third = (log_event("LOGIN", username="ada") for _ in range(3))
    log_event("LOGIN", username="budi")
    page = shown(auditor, page_of(second))
    assert f'href="{page_of(first)}" rel="prev"' in page and f'href="{page_of(third)}" rel="next"' in page


def test_what_happened_around_it_is_a_click_away(auditor: Client) -> None:
    with travel("2026-10-03T05:00:00Z", tick=False):
        page = read_detail(auditor, "LOGIN", username="ada", ip_address="203.0.113.7")
    times = "since=2026-10-03T11%3A55%3A00%2B07%3A00&amp;until=2026-10-03T12%3A05%3A00%2B07%3A00"
    assert f"{LIST}?{times}" in page and f"{LIST}?q=ip%3A203.0.113.7&amp;{times}" in page


def test_all_of_it_is_there_as_json(auditor: Client) -> None:
    page = read_detail(auditor, "MAINTENANCE", event_data={"disk": "sda"})
    assert "&quot;disk&quot;: &quot;sda&quot;" in page[page.index('<pre id="eventlog-raw"') :]


def test_a_traceback_is_in_the_json_of_those_alone_who_see_insides(auditor: Client) -> None:
    event = log_event("ERROR_500", stack_trace="Traceback (secret)")
    page = shown(auditor, page_of(event))
    assert "secret" not in page[page.index('<pre id="eventlog-raw"') :]


@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "x"])
def test_an_event_that_is_not_there_leads_to_the_list(auditor: Client, key: str) -> None:
    answer = auditor.get(f"{LIST}{key}/change/", follow=True)
    assert answer.redirect_chain == [(LIST, 302)] and "There is no such event" in answer.content.decode()
