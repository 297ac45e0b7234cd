"""The dashboard: who sees which numbers, what they cost, and where they lead."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from eventlog import catalog
from eventlog.admin.asking import Question
from eventlog.admin.periods import LENGTHS
from eventlog.admin.rows import TooLong
from eventlog.logger import log_event
from eventlog.models import Event, Rollup
from eventlog.monitoring import health
from eventlog.tests.admin.pages import HOSTILE, reader_with, shown
from eventlog.tests.conftest import Change

PAGE = "/admin/eventlog/dashboard/"


def tile(page: str, title: str) -> tuple[str, str]:
    """The number under that title, and where it leads."""
    found = re.search(rf'>{title}</abbr></dt>\s*<dd class="eventlog-figure">(?:<a href="([^"]*)">)?([^<]*)<', page)
    assert found is not None
    return found[2], unescape(found[1] or "")


def behind(address: str) -> list[str]:
    """The types of the events that an address of the list shows."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}
    return sorted(Event.objects.filter(Question.of(asked).condition()).values_list("event_type", flat=True))


def busy() -> None:
    """A site of which there is something to tell in every part of the page."""
    now = timezone.now()
    for hours in (0, 1, 5, 30, 200):
        when = now - timedelta(hours=hours)
        for status in (200, 500):
            answer = {"response_status": status, "response_time_ms": 40.0, "cpu_time_ms": 3.0, "memory_usage_mb": 90.0}
            log_event("HTTP_REQUEST", timestamp=when, user_id=7, username="ada", endpoint="/api/siswa", **answer)
        log_event("LOGIN_FAILED", timestamp=when, username="ada")
        log_event(catalog.SQL_INJECTION, timestamp=when)


@pytest.fixture
def reviewer(db: None) -> Client:
    return reader_with("view_event", "view_security")


# --- who ---
@pytest.mark.parametrize("path", [PAGE, PAGE + "live/"])
def test_nobody_sees_it_without_the_permission(db: None, path: str) -> None:
    assert reader_with().get(path).status_code == 403


def test_without_the_right_to_security_events_no_number_has_one_in_it(auditor: Client) -> None:
    others = Event.objects.count()  # the reader's own sign-in
    log_event(catalog.SQL_INJECTION)
    page = shown(auditor, PAGE)
    assert tile(page, "Events")[0] == str(others)
    assert "Suspicious" not in page and "Threats" not in page and "SQL" not in page.replace("(SQL)", "")


def test_with_it_threats_are_told_by_kind(reviewer: Client) -> None:
    log_event(catalog.SQL_INJECTION)
    page = shown(reviewer, PAGE)
    assert tile(page, "Suspicious activity")[0] == "1" and "SQL injection" in page


# --- what it costs ---
def queries_of(client: Client, path: str) -> int:
    """Without the savepoints that transactions are within a test's own."""
    with CaptureQueriesContext(connection) as captured:
        shown(client, path)
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("key", LENGTHS)
def test_it_costs_at_most_fifteen_queries(reviewer: Client, key: str, event_log: Change) -> None:
    busy()
    event_log(ENABLED=False)
    assert queries_of(reviewer, f"{PAGE}?range={key}") <= 15


def test_the_start_page_has_a_summary_for_three_queries(reviewer: Client, event_log: Change) -> None:
    busy()
    event_log(ENABLED=False)
    assert tile(shown(reviewer, "/admin/"), "Failed sign-ins")[0] == "3"
    assert queries_of(reviewer, "/admin/") - queries_of(reviewer, "/admin/eventlog/") == 3 + 1  # its recent actions


def test_the_start_page_tells_nothing_to_who_may_see_no_events(db: None) -> None:
    assert "eventlog-summary" not in shown(reader_with(), "/admin/")


def test_the_pages_of_other_apps_have_no_summary(reviewer: Client) -> None:
    assert "eventlog-summary" not in shown(reviewer, "/admin/eventlog/")


def test_looking_again_is_not_recorded(reviewer: Client) -> None:
    shown(reviewer, PAGE + "live/")
    assert not Event.objects.filter(event_type="HTTP_REQUEST").exists()


# --- what it tells ---
def test_each_number_leads_to_the_events_behind_it(reviewer: Client) -> None:
    busy()
    page = shown(reviewer, f"{PAGE}?range=7d")
    leads = {title: behind(tile(page, title)[1]) for title in ("Failed sign-ins", "Suspicious activity", "Error rate")}
    assert leads == {
        "Failed sign-ins": ["LOGIN_FAILED"] * 4,
        "Suspicious activity": ["SQL_INJECTION"] * 4,
        "Error rate": ["HTTP_REQUEST"] * 4,
    }


def test_each_line_of_a_chart_s_table_leads_to_its_own_events(reviewer: Client) -> None:
    busy()
    page = shown(reviewer, f"{PAGE}?range=7d")
    table = page[page.index('id="eventlog-failed-table"') :]
    rows = re.findall(r'<td class="eventlog-number">(?:<a href="([^"]*)">)?(\d+)', table[: table.index("</table>")])
    assert sum(int(number) for _address, number in rows) == 4
    assert [len(behind(unescape(address))) for address, _number in rows if address] == [
        int(number) for address, number in rows if address
    ]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(3, 2, "50% more"), (1, 2, "50% fewer"), (2, 2, "about the same"), (2, 0, "none before")],
)
def test_the_time_before_is_compared_in_words(reviewer: Client, now: int, before: int, words: str) -> None:
    with travel("2026-10-05T05:00:00Z", tick=False):
        for number, hours in ((now, 0.5), (before, 1.5), (1, 1.5)):
            kind = "LOGIN" if (number, hours) == (1, 1.5) else "LOGIN_FAILED"
            for _ in range(number):
                log_event(kind, timestamp=timezone.now() - timedelta(hours=hours))
        page = shown(reviewer, f"{PAGE}?range=1h")
    failed = page[page.index(">Failed sign-ins</abbr>") :]
    assert words in failed[: failed.index("</div>")]


def test_what_somebody_did_is_told_and_shown_by_whole_days(auditor: Client) -> None:
    with travel("2026-10-05T05:00:00Z"):
        for hours in (0, 11, 13, 40):  # today, and the evening and the morning of the two days before
            log_event("LOGIN", user_id=999, timestamp=timezone.now() - timedelta(hours=hours))
        page = shown(auditor, f"{PAGE}?range=1h")
        (address, number), *_others = re.findall(r'<a href="([^"]*q=user%3A999[^"]*)">(\d+)</a>', page)
        assert int(number) == len(behind(unescape(address))) == 2


def test_requests_are_mapped_to_the_hours_of_the_week(auditor: Client) -> None:
    with travel("2026-10-05T01:30:00Z"):  # a Monday, 08:30 in Jakarta
        log_event("HTTP_REQUEST")
        page = shown(auditor, PAGE)
    monday = page[page.index(">Monday<") : page.index(">Tuesday<")]
    assert re.findall(r'<td class="eventlog-shade-(\d)">(\d*)</td>', monday)[8] == ("5", "1")


def test_the_slowest_endpoints_come_first_and_lead_to_their_requests_and_errors(auditor: Client) -> None:
    for endpoint, milliseconds in (("/api/quick", 5.0), ("/api/slow", 900.0)):
        log_event("HTTP_REQUEST", endpoint=endpoint, response_time_ms=milliseconds, response_status=500)
    page = shown(auditor, PAGE)
    slow, quick = (page.index(f">{endpoint}<svg") for endpoint in ("/api/slow", "/api/quick"))
    requests, errors = re.findall(r'<a href="([^"]*)">1</a>', page[slow:quick])
    assert behind(unescape(requests)) == behind(unescape(errors)) == ["HTTP_REQUEST"] and "%3E%3D500" in errors


def test_numbers_are_written_as_the_reader_writes_them(auditor: Client) -> None:
    log_event("HTTP_REQUEST", response_time_ms=1.5, timestamp=timezone.now() - timedelta(hours=2))
    Rollup.objects.update(event_count=1_234_000)
    page = auditor.get(PAGE, headers={"Accept-Language": "id"}).content.decode()
    points = re.findall(r'points="([^"]*)"', page)
    assert "1.234.000" in page and points and all(re.fullmatch(r"[\d.]+,[\d.]+ [\d.]+,[\d.]+", each) for each in points)


def test_of_a_time_without_events_it_says_what_will_be_there(auditor: Client) -> None:
    page = shown(auditor, f"{PAGE}?since=2020-01-01&until=2020-01-02")
    assert "Nothing was recorded in this time." in page and "eventlog-chart" not in page


@pytest.mark.parametrize("query", ["since=soon", "since=2026-02-01&until=2026-01-01", "until=%00", "since=2999-01-01"])
def test_a_time_that_is_none_is_said_and_the_last_day_shown(auditor: Client, query: str) -> None:
    log_event("LOGIN_FAILED")
    page = shown(auditor, f"{PAGE}?{query}")
    assert 'role="alert"' in page and tile(page, "Failed sign-ins")[0] == "1"


def test_one_s_own_days_are_told_whole(auditor: Client) -> None:
    with travel("2026-10-05T05:00:00Z"):
        for hours in (0, 24, 48):
            log_event("LOGIN", timestamp=timezone.now() - timedelta(hours=hours))
        page = shown(auditor, f"{PAGE}?since=2026-10-04&until=2026-10-04")
    number, address = tile(page, "Events")
    assert number == "1" and address.endswith("since=2026-10-04&until=2026-10-04")


def test_what_outsiders_wrote_is_only_text(auditor: Client) -> None:
    log_event("HTTP_REQUEST", endpoint=HOSTILE, response_time_ms=5.0, username=HOSTILE)
    assert "<script>alert" not in shown(auditor, PAGE)


def test_no_style_and_no_script_is_in_it(reviewer: Client) -> None:
    busy()
    page = shown(reviewer, PAGE)
    content = page[page.index('id="content"') : page.index("</main>")]
    assert " style=" not in content and "<script" not in content


@pytest.mark.parametrize(("query", "step"), [("range=90d", timedelta(days=1)), ("range=1h", timedelta(minutes=1))])
def test_it_is_light_however_much_there_is_to_tell(reviewer: Client, query: str, step: timedelta) -> None:
    answer = {"response_status": 500, "response_time_ms": 1234.5, "cpu_time_ms": 99.9, "memory_usage_mb": 1000.0}
    for number in range(90):
        when = timezone.now() - number * step
        log_event("HTTP_REQUEST", timestamp=when, db_time_ms=12.3, **answer)
        log_event("LOGIN_FAILED", timestamp=when)
        log_event(catalog.SQL_INJECTION, timestamp=when)
    assert len(shown(reviewer, f"{PAGE}?{query}")) < 400_000


def test_whether_events_are_being_stored_is_told(auditor: Client) -> None:
    page = shown(auditor, PAGE)
    assert "What happens is being stored." in page and "/admin/eventlog/status/" not in page


def test_who_may_see_the_status_page_is_led_there(reviewer: Client) -> None:
    page = shown(reviewer, PAGE)
    section = page[page.index('id="eventlog-storing"') :]
    assert 'href="/admin/eventlog/status/"' in section[: section.index("</section>")]


def test_where_the_database_does_not_say_in_time_the_page_says_so(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late() -> None:
        raise OperationalError

    monkeypatch.setattr(health, "store", late)
    assert "The database did not answer in time" in shown(auditor, PAGE)


def test_what_takes_too_long_is_given_up(auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_asked: object) -> None:
        raise TooLong

    monkeypatch.setattr("eventlog.admin.dashboard.overview", slow)
    assert all("There is too much to add up" in shown(auditor, path) for path in (PAGE, "/admin/"))
