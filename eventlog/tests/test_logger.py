"""The public door, as the contract gives it."""

import asyncio
import inspect
import logging
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from eventlog import EventLogger, bound
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline import recorder, writer
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db


class Stubborn:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_log_event_takes_any_column_by_name() -> None:
    record = EventLogger().log_event("MAINTENANCE", reason="backup restored", risk_score=5, tags=["night"])
    event = Event.objects.with_id(record.id).get()
    assert (event.event_type, event.reason, event.risk_score, event.tags) == (
        "MAINTENANCE",
        "backup restored",
        5,
        ["night"],
    )


def test_log_auth_event_names_a_failure() -> None:
    record = EventLogger().log_auth_event(None, "LOGIN", False)
    assert (record.event_type, record.event_status) == ("LOGIN_FAILED", "FAILED")


def test_log_auth_event_by_keyword(django_user_model: type[User]) -> None:
    user = django_user_model.objects.create_user("ada")
    record = EventLogger().log_auth_event(user_id=user.pk, action="LOGIN", success=True, username="ada")
    assert Event.objects.with_id(record.id).get().user_id == user.pk


def test_log_crud_event_makes_the_type_from_entity_and_action() -> None:
    record = EventLogger().log_crud_event(7, "siswa", "CREATE", 123)
    assert (record.event_type, record.event_category, record.entity_id) == ("SISWA_CREATE", "CRUD", "123")


@pytest.mark.parametrize(
    ("method", "event_type", "category"),
    [
        ("log_ml_event", "MODEL_TRAIN", "ML"),
        ("log_system_event", "MAINTENANCE", "SYSTEM"),
        ("log_file_event", "FILE_UPLOAD", "FILE"),
        ("log_security_event", "BRUTE_FORCE", "SECURITY"),
    ],
)
def test_each_category_has_its_method(method: str, event_type: str, category: str) -> None:
    record = getattr(EventLogger(), method)(event_type)
    assert Event.objects.with_id(record.id).get().event_category == category


def test_it_works_under_await(event_log: Change) -> None:
    event_log(ENABLED=False)

    async def work() -> str:
        record = await EventLogger().log_event("MAINTENANCE")
        return record.event_type

    assert asyncio.run(work()) == "MAINTENANCE"


def test_bound_gives_reason_and_actor() -> None:
    with bound(reason="semester correction", actor="nightly-import"):
        record = EventLogger().log_event("MAINTENANCE")
    assert (record.reason, record.username, record.auth_method) == ("semester correction", "nightly-import", "system")


def test_bound_takes_a_user(django_user_model: type[User]) -> None:
    user = django_user_model.objects.create_user("ada")
    with bound(actor=user):
        assert log_event("MAINTENANCE").user_id == user.pk


def test_inner_bounds_win_and_end() -> None:
    with bound(reason="outer", actor="job"):
        with bound(reason="inner"):
            assert (log_event("MAINTENANCE").reason, log_event("MAINTENANCE").username) == ("inner", "job")
        assert log_event("MAINTENANCE").reason == "outer"
    assert log_event("MAINTENANCE").reason is None


def test_where_it_happened_is_kept() -> None:
    record = log_event("MAINTENANCE")
    assert record.server_name
    assert record.process_id
    assert record.environment == "development"


@pytest.mark.parametrize(
    "event_type", [None, 12, "", "x" * 1000, "a\0b", Stubborn(), b"LOGIN", {"a": 1}], ids=lambda odd: type(odd).__name__
)
def test_no_type_is_too_odd(event_type: Any) -> None:
    EventLogger().log_event(event_type)
    assert Event.objects.count() == 1


ODD = [Stubborn(), object(), {1: Stubborn()}, float("nan"), 10**5000, "\ud800\0", b"\xff"]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_no_value_is_too_odd(odd: Any) -> None:
    log = EventLogger()
    log.log_event("MAINTENANCE", event_data=odd, username=odd, response_status=odd, ip_address=odd, tags=odd)
    log.log_crud_event(odd, odd, odd, odd, request_headers=odd)
    log.log_auth_event(odd, "LOGIN", odd, severity=odd)
    assert Event.objects.count() == 3


def test_a_fault_inside_is_logged_and_leaves_a_trace(
    event_log: Change, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event_log(RAISE_ERRORS=False, PIPELINE="direct")
    kept: list[Any] = []
    monkeypatch.setattr(recorder, "keep", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(recorder, "to_journal", kept.append)
    with caplog.at_level(logging.ERROR, logger="eventlog"):
        EventLogger().log_event("LOGIN")
    assert [record.tags for record in kept] == [["incomplete"]]
    assert "could not be recorded as given" in caplog.text


def deep(calls: int) -> None:
    """Record an event under so many calls."""
    if calls:
        deep(calls - 1)
    else:
        log_event("MAINTENANCE", reason="deep", event_data={"a": {"b": [1, {"c": 2}]}})


@pytest.mark.parametrize("room", range(11, 60, 3))
def test_near_the_recursion_limit_nothing_reaches_the_caller(
    event_log: Change, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    event_log(RAISE_ERRORS=False, PIPELINE="direct")
    monkeypatch.setattr(recorder, "keep", lambda *_, **__: None)
    monkeypatch.setattr(recorder, "to_journal", lambda *_, **__: None)
    depth = len(inspect.stack(0))
    deep(sys.getrecursionlimit() - depth - room)


def test_raise_errors_lets_faults_of_recursion_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: Any, **__: Any) -> None:
        endless()

    monkeypatch.setattr(recorder, "keep", endless)
    with pytest.raises(RecursionError):
        log_event("MAINTENANCE")


def test_raise_errors_lets_faults_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "keep", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        EventLogger().log_event("LOGIN")


def test_switched_off_it_records_nothing(event_log: Change) -> None:
    event_log(ENABLED=False)
    EventLogger().log_event("LOGIN")
    assert not Event.objects.exists()


def test_what_only_capture_may_say_is_data_from_outside() -> None:
    record = EventLogger().log_event("MAINTENANCE", clean={"request_body": {"password": "hunter2"}}, using="nope")
    assert b"hunter2" not in record.to_json()
    assert record.event_data["using"] == "nope"


def test_a_column_that_cannot_be_looked_at_leaves_the_others() -> None:
    class Trap(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

    record = EventLogger().log_event("MAINTENANCE", event_data=Trap(a=1), reason="kept")
    assert (record.reason, record.tags) == ("kept", ["unserialisable"])


@pytest.mark.django_db(transaction=True)
def test_in_a_transaction_that_can_only_be_rolled_back_a_change_is_not_told(event_log: Change) -> None:
    event_log(PIPELINE="direct")
    with transaction.atomic():
        transaction.set_rollback(True)
        log_event("SISWA_UPDATE")
    writer.stop()
    assert not Event.objects.exists()
