"""Events in the admin: read by those who may, changed by nobody, never counted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.conftest import Change

LIST = "/admin/eventlog/event/"
HOSTILE = '"><script>alert(1)</script>'


def reader_with(*codenames: str) -> Client:
    user = User.objects.create_user("auditor", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="eventlog", codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def auditor(db: None) -> Client:
    return reader_with("view_event")


def page_of(event: Any) -> str:
    return f"{LIST}{event.id}/change/"


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def read_detail(client: Client, event_type: str, **columns: Any) -> str:
    return shown(client, page_of(log_event(event_type, **columns)))


def queries_on_events(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        shown(client, path)
    return [query["sql"] for query in captured.captured_queries if 'FROM "events"' in query["sql"]]


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


# --- the list ---
@pytest.mark.parametrize("query", ["", "?q=ada", "?event_category__exact=AUTH", "?p=2", "?all=", "?_facets=True"])
def test_the_list_reads_events_once_and_never_counts(auditor: Client, query: str) -> None:
    log_event("LOGIN", username="ada")
    queries = queries_on_events(auditor, LIST + query)
    assert len(queries) == 1 and "COUNT(" not in queries[0].upper()


@pytest.mark.parametrize("rows", [1, 60])
def test_the_list_costs_the_same_for_many_rows(
    auditor: Client, rows: int, event_log: Change, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        log_event("LOGIN", username="ada")
    event_log(ENABLED=False)
    with django_assert_num_queries(5):  # session, user, two for permissions, events
        shown(auditor, LIST)


def test_the_list_does_not_read_the_big_columns(auditor: Client) -> None:
    (query,) = queries_on_events(auditor, LIST)
    assert "stack_trace" not in query and "request_body" not in query


def test_the_newest_is_first_whatever_the_address_says(auditor: Client) -> None:
    log_event("LOGIN", timestamp=timezone.now() - timedelta(hours=1))
    log_event("LOGOUT")
    for query in ("", "?o=1", "?o=-2.3"):
        page = shown(auditor, LIST + query)
        assert page.index("LOGOUT") < page.index(">LOGIN<")


def test_pages_follow_each_other_without_a_total(auditor: Client) -> None:
    for number in range(60):
        log_event("MAINTENANCE", event_name=f"step {number};", timestamp=timezone.now() + timedelta(seconds=number))
    first, second = shown(auditor, LIST), shown(auditor, f"{LIST}?p=2")
    assert "step 59;" in first and "?p=2" in first and "step 9;" not in first
    assert "step 9;" in second and "?p=1" in second and "?p=3" not in second
    assert "60 " not in first + second


@pytest.mark.parametrize("page", ["0", "-7", "99999999999999", "x"])
def test_a_page_that_is_not_there_is_no_error(auditor: Client, page: str) -> None:
    shown(auditor, f"{LIST}?p={page}")


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ada", "LOGIN"),
        ("req-1", "HTTP_REQUEST"),
        ("4711", "SISWA_UPDATE"),
        ("siswa 4711", "SISWA_UPDATE"),
        ("printer 4711", "PRINTED"),
    ],
)
def test_a_search_finds_by_name_request_or_record(auditor: Client, term: str, found: str) -> None:
    log_event("LOGIN", username="ada")
    log_event("HTTP_REQUEST", request_id="req-1")
    log_event("SISWA_UPDATE", entity_type="siswa", entity_id="4711")
    log_event("PRINTED", entity_type="printer", entity_id="4711")
    page = shown(auditor, f"{LIST}?q={term.replace(' ', '+')}")
    assert [name for name in ("LOGIN", "HTTP_REQUEST", "SISWA_UPDATE", "PRINTED") if f">{name}<" in page] == [found]


def test_a_search_is_exact(auditor: Client) -> None:
    log_event("LOGIN", username="ada.lovelace")
    assert ">LOGIN<" not in shown(auditor, f"{LIST}?q=ada")


def test_an_event_that_matches_twice_is_shown_once(auditor: Client) -> None:
    log_event("LOGIN", username="ada", request_id="ada")
    assert shown(auditor, f"{LIST}?q=ada").count(">LOGIN<") == 1


@pytest.mark.parametrize(
    "query", ["?stack_trace__icontains=x", "?username__exact=%00", "?ip_address__exact=x", "?user__password__exact=x"]
)
def test_what_no_index_answers_cannot_be_asked(auditor: Client, query: str) -> None:
    assert auditor.get(LIST + query).status_code == 400


def test_a_search_for_nul_is_refused_in_words(auditor: Client) -> None:
    assert "Null characters are not allowed" in shown(auditor, f"{LIST}?q=%00")


def test_a_row_says_who_did_what_with_what_result(auditor: Client) -> None:
    columns = {"username": "ada", "user_role": "guru", "ip_address": "203.0.113.7", "response_status": 403}
    log_event(
        "NILAI_UPDATE", entity_type="nilai", entity_name="Budi", action="UPDATE", response_time_ms=1500, **columns
    )
    page = shown(auditor, LIST)
    for words in ("nilai changed: Budi", "ada", "guru", "203.0.113.7", "403", "1.50 s", "eventlog-severity-info"):
        assert words in page


def test_a_name_by_hand_is_kept_and_a_usual_one_is_the_catalogue_s(auditor: Client) -> None:
    log_event("MAINTENANCE", event_name="Backup restored")
    log_event("LOGIN_FAILED", event_name="Sign-in failed", entity_name="budi")
    page = shown(auditor, LIST)
    assert "Backup restored" in page and "Sign-in failed: budi" in page


# --- one event ---
def test_an_event_is_read_from_one_partition(auditor: Client) -> None:
    event = log_event("MAINTENANCE")
    (query,) = queries_on_events(auditor, page_of(event))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"events_{event.timestamp:%Y_%m}" in plan and plan.count("Scan") == 1


def test_an_event_costs_five_queries(
    auditor: Client, event_log: Change, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = log_event("MAINTENANCE")
    event_log(ENABLED=False)
    with django_assert_num_queries(5):  # session, user, two for permissions, the event
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
    titles = ["What", "Who", "Request", "Response", "Server load", "Record", "Failure", "Security", "System", "Tags"]
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
    for query in ("username__exact=ada", "request_id__exact=r1", "entity_type__exact=siswa&amp;entity_id__exact=a%26b"):
        assert f"{LIST}?{query}" in page


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
    assert "user 999" in shown(auditor, LIST)
