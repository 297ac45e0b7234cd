"""Refused events in the admin: seen by who sees every event, repaired or discarded by who may."""

import json
import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client

from eventlog import catalog
from eventlog.models import DeadLetter, Event
from eventlog.models.batch import DISCARDED, RETRIED, WAITING
from eventlog.pipeline import refused, store
from eventlog.tests.admin.pages import HOSTILE, shown
from eventlog.tests.admin.test_alerts import signed_in, viewed
from eventlog.tests.alerts.conftest import guard
from eventlog.tests.conftest import Change
from eventlog.tests.pipeline.test_store import event, poisoned

pytestmark = pytest.mark.django_db
LIST = "/admin/eventlog/deadletter/"


@pytest.fixture
def keeper(db: None) -> Client:
    return signed_in(guard("change_deadletter", is_staff=True))


@pytest.fixture
def reader(db: None) -> Client:
    return signed_in(guard(name="siti", is_staff=True))


def letter(**columns: Any) -> DeadLetter:
    store.write(store.Batch([poisoned(**columns)]))
    return DeadLetter.objects.latest("pk")


def page_of(one: DeadLetter) -> str:
    return f"{LIST}{one.pk}/change/"


def typed(page: str) -> dict[str, str]:
    """What the form of the page would send as it stands."""
    fields = re.findall(r'name="(column-\w+)"[^>]*?(?:value="([^"]*)"|>\s*([^<]*))', page)
    return {name: value or text for name, value, text in fields}


def retry(client: Client, one: DeadLetter, **columns: str) -> str:
    """The page that comes of it."""
    data = {f"column-{name}": value for name, value in columns.items()}
    response = client.post(page_of(one), {"_retry": "1", **data}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def state_of(one: DeadLetter) -> str:
    return DeadLetter.objects.get(pk=one.pk).state


# --- who ---
@pytest.mark.parametrize("rights", [(), ("view_event",), ("view_security", "change_deadletter")])
def test_who_does_not_see_every_event_sees_none(rights: tuple[str, ...]) -> None:
    user = User.objects.create_user("budi", is_staff=True)
    user.user_permissions.set(guard(*rights).user_permissions.filter(codename__in=rights))
    paths = (LIST, page_of(letter(username="x" * 200)))
    assert [signed_in(user).get(path).status_code for path in paths] == [403, 403]


def test_a_reader_reads(reader: Client) -> None:
    one = letter(username="x" * 200, reason="exams")
    page = shown(reader, page_of(one))
    assert "A text is longer than its column." in page and "exams" in page and "<form method" not in page
    assert "Whoever has the permission" in page
    for action in ("_retry", "_discard"):
        assert reader.post(page_of(one), {action: "1", "reason": "noise"}).status_code == 403
    assert state_of(one) == WAITING


def test_who_may_decide_without_seeing_decides_nothing() -> None:
    user = User.objects.create_user("budi", is_staff=True)
    user.user_permissions.set(guard("change_deadletter").user_permissions.filter(codename="change_deadletter"))
    one = letter(username="x" * 200)
    assert signed_in(user).post(page_of(one), {"_retry": "1"}).status_code == 403


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_one(db: None, path: str) -> None:
    root = signed_in(User.objects.create_superuser("root"))
    assert root.get(LIST + path.format(pk=letter(username="x" * 200).pk)).status_code == 403


@pytest.mark.parametrize("action", ["_retry", "_discard"])
def test_whoever_decides_has_come_from_the_page(action: str) -> None:
    root = User.objects.create_superuser("root")
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    one = letter(username="x" * 200)
    assert client.post(page_of(one), {action: "1", "reason": "noise"}).status_code == 403
    assert state_of(one) == WAITING


def test_a_look_at_a_security_event_is_told(reader: Client) -> None:
    one = letter(event_category=catalog.SECURITY, username="x" * 200)
    shown(reader, page_of(one))
    shown(reader, page_of(letter(username="x" * 200)))
    assert [told["refused_events"] for told in viewed()] == [[one.pk]]


def test_what_is_not_there_is_not_found(keeper: Client) -> None:
    for key in ("1", "x"):
        page = keeper.get(f"{LIST}{key}/change/", follow=True)
        assert page.redirect_chain == [(LIST, 302)] and "What you asked for is not here" in page.content.decode()


# --- the list ---
def test_the_list_says_what_matters(keeper: Client) -> None:
    letter(ip_address="here", username="ada")
    page = shown(keeper, LIST)
    for said in ("MAINTENANCE", "ada", "not of its column", "Waits for a decision"):
        assert said in page


def test_the_list_can_be_narrowed(keeper: Client) -> None:
    retry(keeper, letter(username="x" * 200))
    letter(username="y" * 200)
    found = [shown(keeper, f"{LIST}?state__exact={state}").count('class="field-what"') for state in (WAITING, RETRIED)]
    assert found == [1, 1]


@pytest.mark.parametrize("path", [LIST, "{page}"])
def test_the_pages_take_few_questions(
    event_log: Change, keeper: Client, path: str, django_assert_max_num_queries: Any
) -> None:
    letters = [letter(username="x" * 200) for _ in range(20)]
    event_log(ENABLED=False)
    with django_assert_max_num_queries(15):
        shown(keeper, path.format(page=page_of(letters[0])))


# --- repairing ---
def test_a_bad_field_is_repaired_and_the_event_stored(keeper: Client) -> None:
    one = letter(ip_address="here", reason="exams")
    page = retry(keeper, one, ip_address="203.0.113.7")
    found = Event.objects.get(id=json.loads(one.record)["id"])
    assert (found.ip_address, found.reason, state_of(one)) == ("203.0.113.7", "exams", RETRIED)
    assert "The event is stored." in page and f"/admin/eventlog/event/{found.id}/change/" in page
    assert Event.objects.get(event_type=catalog.DEAD_LETTER_RETRIED).username == "ada"


@pytest.mark.parametrize(
    "columns",
    [{"username": "x" * 200}, {"event_data": "\0"}, {"reason": "a\r\nb" * 2000}, {"event_category": "FUN"}],
    ids=lambda columns: next(iter(columns)),
)
def test_the_form_as_it_stands_is_what_the_cleaning_suggests(keeper: Client, columns: dict[str, Any]) -> None:
    one = letter(**columns, ip_address="here")
    page = shown(keeper, page_of(one))
    sent = {name.removeprefix("column-"): value for name, value in typed(page).items()}
    if "event_category" in columns:
        sent["event_category"] = "SYSTEM"
    assert set(sent) == {*columns, "ip_address"}
    retry(keeper, one, **sent)
    assert state_of(one) == RETRIED


@pytest.mark.parametrize(
    ("columns", "value", "said"),
    [
        ({"ip_address": "here"}, "there", "An IP address"),
        ({"response_status": "many"}, "2000", "A whole number"),
        ({"response_status": "many"}, "few", "A whole number"),
        ({"response_time_ms": -1}, "-5", "not negative"),
        ({"user_id": 2**62}, "nobody", "number of an account"),
        ({"event_category": "FUN"}, "FUN", "Select a valid choice"),
        ({"event_data": "\0"}, "[" * 4999, "JSON is expected"),
        ({"event_data": "\0"}, "x" * 5001, "at most 5000 characters"),
        ({"username": "x" * 200}, "\0", "Null characters"),
    ],
)
def test_what_the_event_log_does_not_take_is_said(keeper: Client, columns: Any, value: str, said: str) -> None:
    one = letter(**columns)
    assert said in retry(keeper, one, **dict.fromkeys(columns, value))
    assert state_of(one) == WAITING


def test_a_secret_is_masked(keeper: Client) -> None:
    one = letter(error_message="x" * 5000, error_code="\0")
    retry(keeper, one, error_message="password=hunter2", error_code="E1")
    assert "hunter2" not in Event.objects.get(id=json.loads(one.record)["id"]).error_message


def test_only_what_may_be_bad_can_be_changed(keeper: Client) -> None:
    one = letter(ip_address="here", username="ada")
    retry(keeper, one, ip_address="::1", username="mallory", severity="debug")
    found = Event.objects.get(id=json.loads(one.record)["id"])
    assert (found.username, found.severity) == ("ada", "info")


def test_a_second_click_is_told_that_it_is_done(keeper: Client) -> None:
    one = letter(ip_address="here")
    retry(keeper, one, ip_address="::1")
    assert "Somebody has decided already: stored after all, by ada." in retry(keeper, one, ip_address="::2")
    assert Event.objects.get(id=json.loads(one.record)["id"]).ip_address == "::1"


def test_what_the_database_refuses_again_stays_and_is_said(keeper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one = letter(ip_address="here")
    well = refused.mended(refused.columns_of(one), {})
    still_bad = replace(well, columns={**well.columns, "severity": "odd"})
    monkeypatch.setattr(refused, "mended", lambda _, changes: still_bad if changes else well)
    page = retry(keeper, one, ip_address="::1")
    assert "refuses it still" in page and "events_severity" in page and 'value="::1"' in page
    assert [each.state for each in DeadLetter.objects.all()] == [WAITING]


# --- discarding ---
def test_it_is_discarded_with_a_reason(keeper: Client) -> None:
    one = letter(username="x" * 200)
    page = keeper.post(page_of(one), {"_discard": "1", "reason": "a test of ours"}, follow=True).content.decode()
    assert "a test of ours" in page and state_of(one) == DISCARDED
    told = Event.objects.get(event_type=catalog.DEAD_LETTER_DISCARDED)
    assert (told.reason, told.username, told.entity_id) == ("a test of ours", "ada", json.loads(one.record)["id"])


def test_without_a_reason_it_is_not(keeper: Client) -> None:
    one = letter(username="x" * 200)
    page = keeper.post(page_of(one), {"_discard": "1", "reason": " "}).content.decode()
    assert "This field is required." in page and state_of(one) == WAITING


# --- what outsiders sent ---
@pytest.mark.parametrize("record", ["", "[]", '{"id": "' + HOSTILE.replace('"', '\\"') + '"}', '{"id": "\\ud800"}'])
def test_what_cannot_be_read_is_shown_and_can_be_discarded(keeper: Client, record: str) -> None:
    one = DeadLetter.objects.create(batch_id=event_id(), reason="invalid", record=record)
    page = shown(keeper, page_of(one))
    assert "It can only be discarded." in page and HOSTILE not in page and shown(keeper, LIST)


def test_lone_surrogates_are_shown(keeper: Client) -> None:
    record = event().decode()[:-1] + ',"username":"a\\ud800b"}'
    one = DeadLetter.objects.create(batch_id=event_id(), reason="invalid", record=record)
    assert "a?b" in shown(keeper, page_of(one)) and "a?b" in shown(keeper, LIST)
    retry(keeper, one, username="ab")
    assert state_of(one) == RETRIED


def event_id() -> str:
    return str(orjson.loads(event())["id"])


def test_an_empty_list_teaches_and_a_filter_that_finds_none_says_so(reader: Client) -> None:
    assert "No event is refused" in shown(reader, LIST)
    letter(username="x" * 200)
    assert "No event is refused" not in shown(reader, LIST)
    assert "Nothing of that kind is here." in shown(reader, f"{LIST}?state__exact=retried")
    assert reader.get(f"{LIST}?note__contains=x").status_code == 400
