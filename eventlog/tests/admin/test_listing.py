"""The list of events: searched, narrowed, paged by key, never counted."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Archive
from eventlog.tests.admin.pages import LIST, page_of, queries_on_events, reader_with, shown
from eventlog.tests.conftest import Change


def types_in(page: str) -> list[str]:
    """Of the rows, by the names that the events were given."""
    return re.findall(r"named-(\w+)", "".join(re.findall(r'<tr>.*?class="field-what".*?</tr>', page, re.DOTALL)))


def named(name: str, event_type: str = "MAINTENANCE", **columns: Any) -> Any:
    return log_event(event_type, event_name=f"named-{name}", **columns)


def links_of(page: str) -> list[dict[str, list[str]]]:
    """What the links to the list ask for."""
    hrefs = re.findall(r'<a [^>]*href="\?([^"]*)"', page)
    return [parse_qs(href.replace("&amp;", "&"), keep_blank_values=True) for href in hrefs]


# --- what it costs ---
@pytest.mark.parametrize("query", ["", "?q=ada", "?q=category:AUTH", "?cursor=x", "?since="])
def test_the_table_is_read_once_and_never_counted(auditor: Client, query: str) -> None:
    log_event("LOGIN", username="ada")
    queries = [
        sql for sql in queries_on_events(auditor, LIST + query) if '"events"."timestamp" AS "timestamp" FROM' not in sql
    ]
    assert len([sql for sql in queries if "WITH edge" not in sql]) <= 1
    assert not [sql for sql in queries if 'COUNT("' in sql or "COUNT(*)" in sql]


@pytest.mark.parametrize("rows", [1, 60])
def test_it_costs_the_same_for_many_rows(
    auditor: Client, rows: int, event_log: Change, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        log_event("LOGIN", username="ada")
    event_log(ENABLED=False)
    with django_assert_max_num_queries(15):
        shown(auditor, LIST)


def test_the_big_columns_are_not_read(auditor: Client) -> None:
    (query,) = [sql for sql in queries_on_events(auditor, LIST) if "event_name" in sql]
    assert "stack_trace" not in query and "request_body" not in query


def test_what_takes_too_long_is_given_up_with_advice(auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(200):
        named(f"n{number}")
    monkeypatch.setattr("eventlog.admin.rows.PATIENCE", 0.001)
    assert "Choose a shorter time" in shown(auditor, f"{LIST}?q=%22{'x%20' * 500}%22%20or%20name&since=")


# --- time ---
def test_without_a_time_it_shows_the_last_day(auditor: Client) -> None:
    named("today")
    named("before", timestamp=timezone.now() - timedelta(days=2))
    page = shown(auditor, LIST)
    assert types_in(page) == ["today"] and "24 hours" in page


def test_the_time_can_be_everything(auditor: Client) -> None:
    named("before", timestamp=timezone.now() - timedelta(days=20))
    assert types_in(shown(auditor, f"{LIST}?since=")) == ["before"]


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("2026-01-02T03:04:00%2B07:00", "2026-01-02T03:14:05%2B07:00", "from 2026-01-02 03:04 to 2026-01-02 03:14:05"),
        ("0001-01-01T00:00:00%2B14:00", "", "from 0001-01-01T00:00:00+14:00 to now"),
        ("2026-01-02T03:04", "", "from 2026-01-02 03:04 to now"),
        ("2026-01-02", "2026-01-03", "from 2026-01-02 to 2026-01-03"),
    ],
)
def test_the_time_is_said_as_people_write_it(auditor: Client, since: str, until: str, words: str) -> None:
    assert f"<strong>{words}</strong>" in shown(auditor, f"{LIST}?since={since}&until={until}")


def test_days_are_whole(auditor: Client) -> None:
    for hour in ("00:00", "23:59"):
        named(f"at{hour[:2]}", timestamp=f"2026-10-03T{hour}:00+07:00")
    assert types_in(shown(auditor, f"{LIST}?since=2026-10-03&until=2026-10-03")) == ["at23", "at00"]


@pytest.mark.parametrize("query", ["since=soon", "until=2026-99-99", "since=%00"])
def test_a_time_that_is_none_is_said_so(auditor: Client, query: str) -> None:
    assert "a time such as" in shown(auditor, f"{LIST}?{query}")


# --- the search ---
def test_the_search_language_is_understood(auditor: Client) -> None:
    named("ada", username="ada")
    named("budi", username="budi")
    assert types_in(shown(auditor, f"{LIST}?q=-actor:ada+category:SYSTEM")) == ["budi"]


def test_words_are_found_in_names_of_records(auditor: Client) -> None:
    log_event("SISWA_UPDATE", entity_type="siswa", entity_id="12", entity_name="Ahmad Fauzi", action="UPDATE")
    assert "student Ahmad Fauzi" in shown(auditor, f"{LIST}?q=ahmad")


def test_a_mistake_is_said_with_its_place_and_nothing_is_looked_for(auditor: Client) -> None:
    named("today")
    page = shown(auditor, f"{LIST}?q=colour:red")
    assert "At character 1 there should be: one of these fields" in page and types_in(page) == []


def test_a_search_for_nul_is_refused_in_words(auditor: Client) -> None:
    assert "At character 1" in shown(auditor, f"{LIST}?q=%00")


def test_every_field_is_explained_with_an_example(auditor: Client) -> None:
    page = shown(auditor, LIST)
    assert "severity:high,critical" in page and "a network such as 10.0.0.0/8" in page


def test_an_empty_list_says_where_there_may_be_more(auditor: Client) -> None:
    page = shown(auditor, f"{LIST}?q=actor:nobody")
    assert "Look at all times" in page and "The log goes back to" in page


# --- clicks ---
def test_a_value_leads_to_only_those_and_to_all_but_those(auditor: Client) -> None:
    log_event("LOGIN", username="ada lovelace")
    page = shown(auditor, f"{LIST}?q=category:AUTH")
    asked = [link["q"][0] for link in links_of(page) if "lovelace" in link.get("q", [""])[0]]
    assert asked == ['category:AUTH actor:"ada lovelace"', 'category:AUTH -actor:"ada lovelace"']


def test_a_part_of_the_search_can_be_taken_away(auditor: Client) -> None:
    page = shown(auditor, f"{LIST}?q=category:AUTH+-actor:ada&since=-7d")
    assert 'href="?q=-actor%3Aada&amp;since=-7d"' in page


def test_filters_have_counts_that_are_of_what_is_asked_for(auditor: Client) -> None:
    for _ in range(3):
        log_event("LOGIN_FAILED", username="ada")
    log_event("SISWA_DELETE")
    page = shown(auditor, f"{LIST}?q=category:AUTH")
    counts = dict(re.findall(r'title="(\w+)">[^<]* <span class="eventlog-count">(\d+)', page))
    assert counts["LOGIN_FAILED"] == "3" and "SISWA_DELETE" not in counts and "whatever else is asked for" not in page


@pytest.mark.parametrize(("language", "words"), [("en", "Report mark created"), ("id", "Data nilai rapor ditambahkan")])
def test_the_filter_names_types_in_words(auditor: Client, language: str, words: str) -> None:
    log_event("NILAI_CREATE")
    page = auditor.get(LIST, headers={"accept-language": language}).content.decode()
    assert f'title="NILAI_CREATE">{words} <' in page


def test_counts_say_when_they_are_of_more_than_what_is_asked_for(auditor: Client) -> None:
    log_event("LOGIN", username="ada")
    assert "whatever else is asked for" in shown(auditor, f"{LIST}?q=actor:ada")


def test_security_is_in_no_count_of_who_may_not_see_it(auditor: Client) -> None:
    log_event(catalog.SQL_INJECTION)
    assert "SQL_INJECTION" not in shown(auditor, LIST)


def test_an_export_has_the_search_and_the_time(auditor: Client) -> None:
    page = shown(auditor, f"{LIST}?q=actor:ada&since=-7d")
    assert 'href="/api/events/export?format=ndjson&amp;q=actor%3Aada&amp;since=-7d"' in page


# --- pages ---
def test_pages_follow_each_other_by_key(auditor: Client) -> None:
    begin = timezone.now() - timedelta(hours=1)
    for number in range(120):
        named(f"n{number}", timestamp=begin + timedelta(seconds=number))
    page, seen = shown(auditor, f"{LIST}?q=type:MAINTENANCE"), []
    seen += types_in(page)
    while older := re.search(r'href="(\?[^"]*)" rel="next"', page):
        page = shown(auditor, LIST + older[1].replace("&amp;", "&"))
        seen += types_in(page)
    assert seen == [f"n{number}" for number in reversed(range(120))]
    newer = re.search(r'href="(\?[^"]*)" rel="prev"', page)
    assert newer is not None
    assert types_in(shown(auditor, LIST + newer[1].replace("&amp;", "&"))) == seen[50:100]


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "%00", "W10"])
def test_a_place_that_is_none_is_the_first_page(auditor: Client, cursor: str) -> None:
    named("today")
    assert types_in(shown(auditor, f"{LIST}?cursor={cursor}")) == ["today"]


# --- columns ---
def test_columns_are_chosen_and_remembered(auditor: Client) -> None:
    log_event("LOGIN", username="ada", session_id="abc")
    shown(auditor, f"{LIST}?columns=session&columns=who")
    page = shown(auditor, LIST)
    heads = re.findall(r'<th scope="col" class="column-(\w+)"', page)
    assert heads == ["what", "who", "session"] and "abc" in page


def test_columns_that_are_none_are_the_usual_ones(auditor: Client) -> None:
    named("today")
    assert 'class="column-duration"' in shown(auditor, f"{LIST}?columns=stack_trace")


# --- live ---
def test_the_live_list_looks_again_without_a_script_and_is_not_recorded(auditor: Client) -> None:
    from eventlog.models import Event

    page = shown(auditor, f"{LIST}live/?q=category:AUTH")
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page and 'data-live="5"' in page
    assert not Event.objects.filter(request_path__contains="/live/").exists()


# --- words ---
def test_a_row_says_who_did_what_with_what_result(auditor: Client) -> None:
    columns = {"username": "ada", "user_role": "guru", "ip_address": "203.0.113.7", "response_status": 403}
    log_event(
        "NILAI_UPDATE", entity_type="nilai", entity_name="Budi", action="UPDATE", response_time_ms=1500, **columns
    )
    page = shown(auditor, LIST)
    for words in ("ada changed report mark Budi", "203.0.113.7", "403", "1.50 s", "eventlog-severity-info"):
        assert words in page


def test_a_row_leads_to_the_event(auditor: Client) -> None:
    event = named("today")
    assert f'href="{page_of(event)}"' in shown(auditor, LIST)


def test_nobody_sees_the_list_without_the_permission(db: None) -> None:
    client = reader_with()
    assert [client.get(LIST + page).status_code for page in ("", "live/", "views/")] == [403, 403, 403]


# --- the archive ---
def an_archive(days_ago: int) -> None:
    moment = timezone.now() - timedelta(days=days_ago)
    times = {"day": moment.date(), "first_timestamp": moment, "last_timestamp": moment, "begun_at": moment}
    Archive.objects.create(id=uuid4(), state="kept", path=f"{days_ago}.parquet", from_xid=0, until_xid=1, **times)


@pytest.mark.parametrize(("asked", "is_told"), [("?since=", True), ("?since=-200d&until=-95d", True), ("", False)])
def test_what_lies_in_the_archive_is_said_with_the_way_back(
    auditor: Client, event_log: Change, asked: str, is_told: bool
) -> None:
    event_log(ARCHIVE_DIR="var/archive")
    an_archive(100)
    an_archive(40)  # is still here, too
    begin = timezone.localtime() - timedelta(days=100)
    option = f"<span>--from {begin.isoformat(timespec='minutes')}</span>"
    assert (option in shown(auditor, LIST + asked)) == is_told


def test_where_nothing_lies_in_the_archive_nothing_is_said(auditor: Client, event_log: Change) -> None:
    event_log(ARCHIVE_DIR="var/archive")
    assert "eventlog_restore" not in shown(auditor, f"{LIST}?since=")


def test_a_type_is_in_words_and_its_name_in_the_title(auditor: Client) -> None:
    log_event("LOGIN_FAILED", username="ani")
    page = shown(auditor, f"{LIST}?columns=type")
    assert 'title="Only these: LOGIN_FAILED">Sign-in failed</a>' in page
