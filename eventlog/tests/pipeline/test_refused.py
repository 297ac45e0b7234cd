"""Refused events: found out what is wrong with them, stored after all exactly once or discarded; the accounts hold."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from eventlog.integrity.verify import Question, total, verify
from eventlog.models import DeadLetter, Event
from eventlog.models.batch import DISCARDED, RETRIED, WAITING
from eventlog.models.event import moment_of
from eventlog.pipeline import refused, store
from eventlog.pipeline.accounts import Accounts, accounts
from eventlog.pipeline.outbox import events_alias
from eventlog.tests.conftest import Change
from eventlog.tests.pipeline.test_store import POISON, event, in_threads, poisoned

pytestmark = pytest.mark.django_db
OTHER = uuid.uuid4().hex  # the writer of another process
SECRET = "password=hunter2"


def letter(**columns: Any) -> DeadLetter:
    """The refusal of an event that was recorded by another process, beside a good one."""
    first = DeadLetter.objects.count() * 2 + 1
    store.write(store.Batch([event(), poisoned(**columns)], OTHER, first, first + 1))
    return DeadLetter.objects.latest("pk")


def id_of(one: DeadLetter) -> str:
    return str(json.loads(one.record)["id"])


def stored(one: DeadLetter) -> Event:
    return Event.objects.get(id=id_of(one))


def retry(one: DeadLetter, **changes: Any) -> store.Stored:
    return refused.retry(one.pk, changes, by=None)


# --- what is wrong ---
@pytest.mark.parametrize("columns", [columns for _, columns, _ in POISON], ids=[name for name, _, _ in POISON])
def test_the_bad_column_is_found(columns: dict[str, Any]) -> None:
    assert set(refused.suspects(letter(**columns))) == set(columns)


def test_what_the_cleaning_makes_of_it_is_suggested() -> None:
    assert refused.suspects(letter(username="x" * 200)) == {"username": "x" * 149 + "…"}


@pytest.mark.parametrize(
    ("reason", "columns"),
    [('null value in column "reason"', {"reason"}), ("something else", {"event_type", "reason", "severity"})],
)
def test_else_the_database_has_named_it_or_it_may_be_any(reason: str, columns: set[str]) -> None:
    record = event(reason="exams").decode()
    one = DeadLetter.objects.create(batch_id=uuid.uuid4(), reason=reason, record=record)
    assert columns <= set(refused.suspects(one))


@pytest.mark.parametrize(
    "record", ["", "{", "[]", '{"id": "x"}', '{"id": 7}', f'{{"id": "{uuid.UUID(int=0, version=4)}"}}']
)
def test_what_cannot_be_read_can_only_be_discarded(record: str) -> None:
    one = DeadLetter.objects.create(batch_id=uuid.uuid4(), reason="?", record=record)
    assert refused.suspects(one) == {}
    with pytest.raises(refused.NotPossible):
        retry(one)
    refused.discard(one.pk, "nobody can read it", by=None)
    assert DeadLetter.objects.get().state == DISCARDED


# --- stored after all ---
@pytest.mark.parametrize("columns", [columns for _, columns, _ in POISON], ids=[name for name, _, _ in POISON])
def test_it_is_stored_as_it_is_cleaned(columns: dict[str, Any]) -> None:
    one = letter(**columns)
    assert retry(one).events == 1
    assert "repaired" in stored(one).tags


def test_a_repaired_value_is_stored_and_the_others_stay() -> None:
    one = letter(ip_address="here", reason="exams", username="ada")
    retry(one, ip_address="203.0.113.7")
    found = stored(one)
    assert (found.ip_address, found.reason, found.username) == ("203.0.113.7", "exams", "ada")


def test_nothing_secret_and_nothing_unclean_gets_in() -> None:
    one = letter(event_category="FUN")
    retry(one, reason=f"{SECRET} \0", username="y" * 500)
    found = stored(one)
    assert "hunter2" not in found.reason and "\0" not in found.reason and len(found.username) == 150


def test_what_is_made_of_a_repaired_value_is_made_anew() -> None:
    one = letter(event_type="x" * 200, event_name="x" * 200, error_message="\0", search_text="old words")
    retry(one, event_type="MAINTENANCE", error_message="disk full")
    assert (stored(one).event_name, stored(one).search_text) == ("Maintenance", "disk full")


def test_the_time_stays_that_of_the_id() -> None:
    one = letter(timestamp="+12026-01-01T00:00:00Z")
    assert set(refused.suspects(one)) == {"timestamp"}
    retry(one)
    assert abs((stored(one).timestamp - one.refused_at).total_seconds()) < 60


@pytest.mark.parametrize(("microseconds", "is_kept"), [(-1, False), (0, True), (1000, True), (1001, False)])
def test_a_time_by_which_the_id_finds_the_event_is_kept(microseconds: int, is_kept: bool) -> None:
    """A moment that is rounded to microseconds may be the end of its id's millisecond."""
    key = json.loads(event())["id"]
    given = moment_of(uuid.UUID(key)) + timedelta(microseconds=microseconds)
    assert (refused.time_of(uuid.UUID(key), given.isoformat()) == given) == is_kept


def test_what_nobody_has_to_repair_is_stored_as_it_was() -> None:
    record = event(reason="exams")
    one = DeadLetter.objects.create(batch_id=uuid.uuid4(), reason="a column was missing", record=record.decode())
    retry(one)
    assert (stored(one).reason, stored(one).tags) == ("exams", [])


def test_it_is_stored_once_however_often_it_is_asked_for() -> None:
    one = letter(event_category="FUN")
    retry(one)
    with pytest.raises(refused.AlreadyDecided):
        retry(one)
    assert Event.objects.filter(id=id_of(one)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_is_too_late() -> None:
    one = letter(event_category="FUN")

    def ask(number: int) -> str:
        try:
            retry(one) if number else refused.discard(one.pk, "noise", by=None)
        except refused.AlreadyDecided:
            return "too late"
        return "done"

    assert sorted(in_threads(2, ask)) == ["done", "too late"]
    adds_up()


def test_what_is_refused_again_has_changed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one = letter(event_category="FUN")
    before = accounts()
    mended = refused.mended(refused.columns_of(one), {})
    still_bad = replace(mended, columns={**mended.columns, "severity": "odd"})
    monkeypatch.setattr(refused, "mended", lambda *_: still_bad)
    with pytest.raises(refused.RefusedAgain):
        retry(one)
    assert accounts() == before
    assert [each.state for each in DeadLetter.objects.all()] == [WAITING]


def test_who_decided_what_and_why_is_kept_and_told(the_event: Any) -> None:
    ada = User.objects.create_user("ada")
    first, second = letter(ip_address="here"), letter(username="x" * 200)
    refused.retry(first.pk, {"ip_address": "::1"}, by=ada)
    refused.discard(second.pk, f"a test of ours, {SECRET}", by=ada)
    retried, discarded = the_event("DEAD_LETTER_RETRIED"), the_event("DEAD_LETTER_DISCARDED")
    assert (retried.entity_id, retried.changed_fields) == (id_of(first), ["ip_address"])
    assert discarded.entity_id == id_of(second) and discarded.reason.startswith("a test of ours")
    states = [(each.state, each.decided_by, bool(each.note)) for each in DeadLetter.objects.order_by("pk")]
    assert states == [(RETRIED, "ada", False), (DISCARDED, "ada", True)]
    assert "hunter2" not in discarded.reason + DeadLetter.objects.latest("pk").note


def test_whoever_discards_says_why() -> None:
    with pytest.raises(refused.NotPossible):
        refused.discard(letter(username="x" * 200).pk, " ", by=None)


# --- the accounts ---
def adds_up() -> Accounts:
    now = accounts()
    assert now.lost == 0
    assert now.dead == DeadLetter.objects.exclude(state=RETRIED).count()
    assert now.stored == Event.objects.count()
    return now


def test_the_accounts_hold_whatever_is_decided(event_log: Change) -> None:
    event_log(ENABLED=False)  # so that what is told of it is not counted among them
    letters = [letter(event_category="FUN", reason=str(number)) for number in range(4)]
    recorded = adds_up().recorded
    assert recorded == 8
    for number, one in enumerate(letters[:3]):
        retry(one) if number % 2 else refused.discard(one.pk, "noise", by=None)
        assert adds_up().recorded == recorded


def test_an_event_that_was_there_already_is_a_duplicate_and_no_longer_dead() -> None:
    record = event()
    one = letter(event_category="FUN")
    DeadLetter.objects.filter(pk=one.pk).update(record=record.decode())
    store.write(store.Batch([record]))
    assert retry(one).duplicates == 1
    assert (accounts().lost, accounts().dead, accounts().duplicates) == (0, 0, 1)


def test_with_the_real_pipeline_the_accounts_hold_too(direct: Callable[[], None]) -> None:
    """What is told of it travels in the decision's own transaction."""
    one, other = letter(event_category="FUN"), letter(ip_address="here")
    retry(one)
    refused.discard(other.pk, "noise", by=None)
    assert (accounts().waiting_outbox, accounts().lost) == (2, 0)
    direct()
    assert adds_up().dead == 1
    assert Event.objects.filter(event_type__startswith="DEAD_LETTER_").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_proof_holds_for_what_is_stored_after_all() -> None:
    one = letter(ip_address="here")
    retry(one, ip_address="::1")
    found = total(list(verify(Question(), using=events_alias(), processes=1)))
    assert (found.verdict, found.unproven) == ("valid", 0)
