"""Legal holds in the admin: seen, placed and lifted by who may, each with a reason."""

import pytest
from django.test import Client

from eventlog.logger import log_event
from eventlog.models import Event, Hold
from eventlog.retention import holds
from eventlog.tests.admin.pages import page_of, reader_with, shown

pytestmark = pytest.mark.django_db
LIST = "/admin/eventlog/hold/"
EMPTY = dict.fromkeys(["username", "entity_type", "entity_id", "request_id", "begin", "end", "reason", "until"], "")


@pytest.fixture
def keeper(db: None) -> Client:
    return reader_with("view_event", "view_hold", "add_hold", "change_hold")


def placed(reason: str = "letter of the police") -> Hold:
    hold = Hold(username="ani", reason=reason)
    holds.place(hold, by="ada")
    return hold


def place(client: Client, **columns: str) -> str:
    return client.post(f"{LIST}add/", {**EMPTY, **columns}, follow=True).content.decode()


def lift(client: Client, hold: Hold, why: str) -> str:
    return client.post(f"{LIST}{hold.pk}/change/", {"why": why}, follow=True).content.decode()


def test_a_hold_is_placed_with_who_and_why(keeper: Client) -> None:
    assert "The hold is placed" in place(keeper, username="ani", begin="2026-01-31T10:00", reason="a lawsuit")
    hold = Hold.objects.get()
    assert hold.begin is not None and hold.begin.isoformat() == "2026-01-31T03:00:00+00:00"
    assert (hold.username, hold.reason, hold.placed_by) == ("ani", "a lawsuit", "auditor")
    assert Event.objects.get(event_type="HOLD_PLACED").username == "auditor"


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"username": "ani"}, "This field is required"), ({"reason": "all of it"}, "Say what is to be kept")],
)
def test_a_hold_without_sense_is_not_placed(keeper: Client, columns: dict[str, str], said: str) -> None:
    assert said in place(keeper, **columns) and not Hold.objects.exists()


def test_a_hold_is_lifted_with_a_reason(keeper: Client) -> None:
    hold = placed()
    assert "Lift this hold" in shown(keeper, f"{LIST}{hold.pk}/change/")
    assert "This field is required" in lift(keeper, hold, "")
    assert "The hold is lifted" in lift(keeper, hold, "settled")
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lift_reason) == ("auditor", "settled")
    assert "settled" in shown(keeper, f"{LIST}{hold.pk}/change/")


def test_what_is_lifted_stays_so(keeper: Client) -> None:
    hold = placed()
    lift(keeper, hold, "settled")
    assert keeper.post(f"{LIST}{hold.pk}/change/", {"why": "again"}).status_code == 403


def test_nothing_of_a_hold_is_changed_or_deleted(keeper: Client) -> None:
    hold = placed()
    keeper.post(f"{LIST}{hold.pk}/change/", {"why": "settled", "username": "budi", "reason": "another"})
    hold.refresh_from_db()
    assert (hold.username, hold.reason) == ("ani", "letter of the police")
    assert keeper.post(f"{LIST}{hold.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_may_only_see_them_does_not_lift_or_place(db: None) -> None:
    reader, hold = reader_with("view_hold"), placed()
    assert "Lift this hold" not in shown(reader, f"{LIST}{hold.pk}/change/")
    assert reader.post(f"{LIST}{hold.pk}/change/", {"why": "settled"}).status_code == 403
    assert reader.get(f"{LIST}add/").status_code == 403


def test_who_may_not_see_them_sees_none(db: None) -> None:
    reader = reader_with("view_event")
    assert reader.get(LIST).status_code == 403


def test_an_event_says_which_hold_keeps_it(keeper: Client) -> None:
    hold, event = placed("<b>police</b>"), log_event("LOGIN", username="ani")
    page = shown(keeper, page_of(event))
    assert "Kept by a hold" in page and f"{LIST}{hold.pk}/change/" in page and "&lt;b&gt;police" in page
    assert "Kept by a hold" not in shown(keeper, page_of(log_event("LOGIN", username="budi")))


def test_an_event_does_not_say_so_to_who_may_not_know(db: None) -> None:
    placed()
    assert "Kept by a hold" not in shown(reader_with("view_event"), page_of(log_event("LOGIN", username="ani")))


def test_the_status_page_tells_how_many_there_are(db: None) -> None:
    reader = reader_with("view_security")
    placed()
    page = shown(reader, "/admin/eventlog/status/")
    assert "1 hold keeps what it is about" in page and LIST not in page


def test_an_empty_list_teaches(keeper: Client) -> None:
    page = shown(keeper, LIST)
    assert "There is no hold" in page and "a complaint, an inquiry or a court" in page


def test_times_are_told_with_their_zone(keeper: Client) -> None:
    place(keeper, username="ani", begin="2026-01-31T10:00", reason="a lawsuit")
    assert "events from: 2026-01-31 10:00" in shown(keeper, LIST)
    assert "WIB, UTC+07:00" in shown(keeper, f"{LIST}{Hold.objects.get().pk}/change/")
    assert "Times are in WIB, UTC+07:00" in shown(keeper, f"{LIST}add/")


def test_its_history_is_the_log_s(keeper: Client) -> None:
    hold = placed()
    lift(keeper, hold, "settled")
    page = keeper.get(f"{LIST}{hold.pk}/history/", follow=True).content.decode()
    assert "Deletion put on hold" in page and "Deletion allowed again" in page
