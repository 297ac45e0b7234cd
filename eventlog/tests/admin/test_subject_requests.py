"""Requests of people: entered by one, confirmed by another, and done by a task within their time."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from eventlog import tasks
from eventlog.models import Event, Hold, SubjectRequest
from eventlog.retention import holds
from eventlog.tests.admin.pages import shown
from eventlog.tests.integrity.conftest import event, write

LIST = "/admin/eventlog/subjectrequest/"
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(name: str, *rights: str, **columns: bool) -> Client:
    user = User.objects.create_user(name, is_staff=True, **columns)
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"{right}_subjectrequest" for right in rights]))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def one(db: None) -> Client:
    return signed_in("one", "view", "add", "change")


@pytest.fixture
def other(db: None) -> Client:
    return signed_in("other", "view", "change")


def enter(client: Client, **columns: str) -> str:
    given = {"kind": "erase", "username": "ani", "asked_by": "her mother", "received_at": "2026-01-31T10:00"}
    empty = {"entity_type": "", "entity_id": ""}
    return client.post(f"{LIST}add/", {**empty, **given, **columns}, follow=True).content.decode()


def decide(client: Client, decision: str, why: str = "") -> int:
    page = f"{LIST}{SubjectRequest.objects.get().pk}/change/"
    return client.post(page, {"decision": decision, "why": why}, follow=True).status_code


def test_it_is_due_three_days_after_it_was_received(one: Client) -> None:
    assert "The request is entered" in enter(one)
    asked = SubjectRequest.objects.get()
    assert asked.due_at - asked.received_at == timedelta(hours=72)
    assert (asked.entered_by, asked.state) == ("one", "open")
    assert Event.objects.get(event_type="SUBJECT_REQUESTED").event_data["kind"] == "erase"
    assert "Overdue" in shown(one, LIST)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"username": ""}, "Say about whom it is"),
        ({"entity_type": "siswa", "entity_id": "1"}, "Give either the account or the record"),
        ({"asked_by": ""}, "This field is required"),
    ],
)
def test_one_without_sense_is_not_entered(one: Client, columns: dict[str, str], said: str) -> None:
    assert said in enter(one, **columns) and not SubjectRequest.objects.exists()


def test_another_person_confirms_and_the_task_erases(one: Client, other: Client) -> None:
    write(event(username="ani"), event(username="guru", reason="spoke to ani"))
    enter(one)
    assert decide(one, "confirm") == 200 and SubjectRequest.objects.get().state == "open"
    assert tasks.erase_subjects() == 0
    assert decide(other, "confirm") == 200
    assert tasks.erase_subjects() == 1
    asked = SubjectRequest.objects.get()
    assert (asked.state, asked.username, asked.decided_by) == ("done", "", "other")
    assert not Event.objects.filter(username="ani").exists()
    assert Event.objects.get(username="guru").reason == "spoke to [erased]"
    assert Event.objects.get(event_type="SUBJECT_CONFIRMED").username == "other"


def test_neither_a_superuser_nor_the_person_confirms(one: Client) -> None:
    enter(one)
    for client in (signed_in("root", is_superuser=True), signed_in("ani", "view", "change")):
        decide(client, "confirm")
        assert SubjectRequest.objects.get().state == "open"
        assert "It waits for a second person" in shown(client, f"{LIST}{SubjectRequest.objects.get().pk}/change/")


def test_who_is_not_the_second_person_is_told_why(one: Client, other: Client) -> None:
    assert "Now another person has to confirm it." in enter(one)
    page = f"{LIST}{SubjectRequest.objects.get().pk}/change/"
    assert "You have entered it" in shown(one, page) and "You have entered it" not in shown(other, page)
    assert "It is about yourself" in shown(signed_in("ani", "view", "change"), page)
    assert "A superuser cannot confirm it" in shown(signed_in("root", is_superuser=True), page)


def test_nor_does_who_has_entered_it_under_a_new_name(one: Client) -> None:
    enter(one)
    User.objects.filter(username="one").update(username="two")
    decide(one, "confirm")
    assert SubjectRequest.objects.get().state == "open"
    assert "You have entered it" in shown(one, f"{LIST}{SubjectRequest.objects.get().pk}/change/")


def test_nor_does_who_has_entered_it_and_was_erased_since(one: Client, other: Client) -> None:
    enter(one)
    call_command("eventlog_subject", "erase", "--user", "one", "--yes")
    asked = SubjectRequest.objects.get(state="open")
    assert asked.entered_by == "[erased]"
    page = f"{LIST}{asked.pk}/change/"
    one.post(page, {"decision": "confirm", "why": ""})
    assert SubjectRequest.objects.filter(state="open").exists()
    other.post(page, {"decision": "confirm", "why": ""})
    asked.refresh_from_db()
    assert (asked.state, asked.entered_by_user_id) == ("confirmed", None)  # who it was is of no use any more


def test_a_request_that_is_done_names_neither_who_entered_it_nor_who_confirmed_it_where_it_is_they(
    one: Client, other: Client
) -> None:
    enter(one, username="one")
    decide(other, "confirm")
    assert tasks.erase_subjects() == 1
    asked = SubjectRequest.objects.get()
    assert (asked.state, asked.entered_by, asked.decided_by) == ("done", "[erased]", "other")


def test_who_entered_what_the_command_has_done_is_not_kept_by_number(one: Client, tmp_path: Path) -> None:
    for kind, options in (("export", ["--output", str(tmp_path / "given")]), ("erase", ["--yes"])):
        enter(one, kind=kind)
        assert SubjectRequest.objects.get(state="open").entered_by_user_id
        call_command("eventlog_subject", kind, "--user", "ani", *options)
    assert set(SubjectRequest.objects.values_list("state", "entered_by_user")) == {("done", None)}


@pytest.mark.parametrize("about", ["number", "record"])
def test_nor_does_the_person_who_is_meant_by_his_number(one: Client, about: str) -> None:
    client = signed_in("ani", "view", "change")
    key = str(User.objects.get(username="ani").pk)
    enter(
        one, **({"username": key} if about == "number" else {"username": "", "entity_type": "user", "entity_id": key})
    )
    decide(client, "confirm")
    assert SubjectRequest.objects.get().state == "open"


def test_it_cannot_have_been_received_later_than_now(one: Client) -> None:
    later = timezone.localtime() + timedelta(days=2)
    assert "later than now" in enter(one, received_at=f"{later:%Y-%m-%dT%H:%M}")
    assert not SubjectRequest.objects.exists()


def test_it_is_refused_with_a_reason_alone(one: Client) -> None:
    enter(one)
    decide(one, "refuse")
    assert SubjectRequest.objects.get().state == "open"
    decide(one, "refuse", "the law asks us to keep it")
    asked = SubjectRequest.objects.get()
    assert (asked.state, asked.reason) == ("refused", "the law asks us to keep it")
    assert decide(one, "confirm") == 403


def test_an_export_is_answered_by_who_has_handed_it_over(one: Client) -> None:
    enter(one, kind="export")
    decide(one, "answer")
    assert SubjectRequest.objects.get().state == "done"


def test_what_a_hold_stops_is_told_and_tried_again(one: Client, other: Client) -> None:
    write(event(username="ani"))
    hold = Hold(username="ani", reason="lawsuit")
    holds.place(hold, by="boss")
    enter(one)
    decide(other, "confirm")
    assert tasks.erase_subjects() == 0
    assert f"hold {hold.pk}" in SubjectRequest.objects.get().reason
    holds.lift(hold, reason="over", by="boss")
    assert tasks.erase_subjects() == 1


def test_nobody_sees_them_without_the_right(one: Client) -> None:
    enter(one)
    assert signed_in("guru").get(LIST).status_code == 403
    assert "her mother" in shown(signed_in("eye", "view"), LIST)


def test_the_status_page_tells_what_waits_and_what_is_overdue(one: Client) -> None:
    root = signed_in("root", is_superuser=True)
    assert "No request of a person waits" in shown(root, "/admin/eventlog/status/")
    SubjectRequest.objects.create(kind="erase", username="ani", asked_by="ani")
    late = timezone.now() - timedelta(hours=1)
    SubjectRequest.objects.create(kind="erase", username="budi", asked_by="budi", due_at=late)
    page = shown(root, "/admin/eventlog/status/")
    assert "2 requests of people wait for an answer" in page and "1 request of a person is overdue" in page


# --- as it is read ---
def test_an_empty_list_teaches(one: Client) -> None:
    page = shown(one, LIST)
    assert "Nobody has asked for anything." in page and "To erase takes two people" in page


def test_the_list_says_what_each_waits_for(one: Client) -> None:
    enter(one)
    enter(one, kind="export", username="budi")
    page = shown(one, LIST)
    assert "waits for a second person" in page and "waits for an answer" in page


def test_one_that_was_refused_waits_for_nothing(one: Client) -> None:
    enter(one)
    decide(one, "refuse", "the law asks us to keep it")
    assert "waits for" not in shown(one, LIST)


def test_one_that_cannot_go_on_says_so(one: Client) -> None:
    SubjectRequest.objects.create(kind="erase", username="ani", asked_by="ani", state="confirmed", reason="hold 1")
    assert "cannot go on" in shown(one, LIST)


def test_its_page_is_headed_by_what_it_is_for(one: Client) -> None:
    enter(one)
    asked = SubjectRequest.objects.get()
    assert "<h1>Request to have the data erased: ani</h1>" in shown(one, f"{LIST}{asked.pk}/change/")
    SubjectRequest.objects.update(username="", state="done")
    assert "<h1>Request to have the data erased</h1>" in shown(one, f"{LIST}{asked.pk}/change/")
    assert "<h1>Enter a request of a person</h1>" in shown(one, f"{LIST}add/")


def test_one_button_records_the_decision_or_enters_the_request(one: Client) -> None:
    enter(one)
    decides, enters = shown(one, f"{LIST}{SubjectRequest.objects.get().pk}/change/"), shown(one, f"{LIST}add/")
    assert "Record this decision" in decides and "Enter this request" in enters
    assert not any(name in page for page in (decides, enters) for name in ("_addanother", "_continue"))


def test_who_only_reads_them_has_no_button(one: Client) -> None:
    enter(one)
    assert "submit-row" not in shown(signed_in("eye", "view"), f"{LIST}{SubjectRequest.objects.get().pk}/change/")


def test_its_history_is_the_log_s(one: Client) -> None:
    enter(one)
    one_who_sees_events = signed_in("root", is_superuser=True)
    history = f"{LIST}{SubjectRequest.objects.get().pk}/history/"
    assert "Request of a person entered" in one_who_sees_events.get(history, follow=True).content.decode()


def test_what_waits_comes_first(one: Client) -> None:
    enter(one)
    SubjectRequest.objects.create(kind="erase", asked_by="somebody else", state="done")
    page = shown(one, LIST)
    assert page.index("her mother") < page.index("somebody else")


def test_who_reads_one_is_not_told_how_to_fill_it_in(one: Client) -> None:
    enter(one)
    assert "Or the account" not in shown(one, f"{LIST}{SubjectRequest.objects.get().pk}/change/")
