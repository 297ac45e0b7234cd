"""Roles: found where events are stored, remembered by the process."""

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group, User
from django.db import InterfaceError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline import roles, store
from eventlog.record import make_record

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


def teacher(name: str = "ada", **columns: Any) -> User:
    user = User.objects.create_user(name, **columns)
    user.groups.set(Group.objects.filter(name="guru"))
    roles.forget()
    return user


def waiting(user_id: Any, **columns: Any) -> bytes:
    return make_record(catalog.MAINTENANCE, {"user_id": user_id, **columns}).to_json()


def filled_roles(*records: bytes) -> list[str]:
    return [orjson.loads(record)["user_role"] for record in roles.filled(list(records))]


@pytest.mark.parametrize(
    ("columns", "groups", "role"),
    [
        ({"is_superuser": True}, ["guru"], "admin"),
        ({}, ["siswa", "guru"], "guru"),
        ({"is_staff": True}, [], "staff"),
        ({}, [], ""),
    ],
)
def test_the_role_is_told_by_the_account(columns: dict[str, Any], groups: list[str], role: str) -> None:
    user = User.objects.create_user("eva", **columns)
    user.groups.set(Group.objects.filter(name__in=groups))
    assert filled_roles(waiting(user.pk)) == [role]


def test_the_roles_of_a_batch_are_found_in_one_query() -> None:
    users = [teacher(f"teacher{number}") for number in range(5)]
    with CaptureQueriesContext(connection) as queries:
        assert filled_roles(*(waiting(user.pk) for user in users)) == ["guru"] * 5
    assert sum("auth_user" in query["sql"] for query in queries.captured_queries) == 1


def test_a_role_that_was_found_is_in_the_next_record() -> None:
    ada = teacher()
    roles.filled([waiting(ada.pk)])
    assert make_record(catalog.MAINTENANCE, {"user_id": ada.pk}).user_role == "guru"


def test_a_user_known_to_have_no_role_is_not_asked_for_again() -> None:
    eva = User.objects.create_user("eva")
    roles.filled([waiting(eva.pk)])
    assert roles.UNKNOWN not in waiting(eva.pk)


def test_records_that_lack_nothing_are_left_as_they_are() -> None:
    given = [waiting(None), waiting(7, user_role="guru"), waiting(None, event_data={"user_role": None})]
    assert roles.filled(given) is given


def test_a_nested_field_of_that_name_is_left_alone() -> None:
    record = roles.filled([waiting(teacher().pk, event_data={"user_role": None})])[0]
    assert orjson.loads(record)["event_data"] == {"user_role": None}


def test_an_account_that_is_gone_has_no_role() -> None:
    assert filled_roles(waiting(999_999)) == [""]


def test_rights_that_change_make_the_process_forget() -> None:
    ada = teacher()
    roles.filled([waiting(ada.pk)])
    ada.groups.set(Group.objects.filter(name="admin"))
    assert filled_roles(waiting(ada.pk)) == ["admin"]


def test_what_is_remembered_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "MEMORY_SECONDS", 0.01)
    ada = teacher()
    roles.filled([waiting(ada.pk)])
    time.sleep(0.02)
    assert roles.remembered(ada.pk) is None


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "MAX_ROLES", 3)
    roles.filled([waiting(number) for number in range(1, 4)])
    roles.filled([waiting(number) for number in range(4, 6)])
    assert sum(roles.remembered(number) is not None for number in range(1, 6)) <= 3


def test_where_the_accounts_cannot_be_read_events_are_stored_without_a_role(
    monkeypatch: pytest.MonkeyPatch, the_event: Find
) -> None:
    def away(keys: list[Any]) -> dict[Any, str]:
        raise InterfaceError

    record = waiting(teacher().pk)
    monkeypatch.setattr(roles, "asked", away)
    store.write(store.Batch(records=[record]))
    assert the_event("MAINTENANCE").user_role == ""


def test_accounts_that_cannot_be_read_are_no_end_of_the_transaction(
    monkeypatch: pytest.MonkeyPatch, the_event: Find
) -> None:
    record = waiting(teacher().pk)
    monkeypatch.setattr(User._meta, "db_table", "no_such_table")
    store.write(store.Batch(records=[record]))
    assert the_event("MAINTENANCE").username == ""


def test_an_event_from_the_journal_gets_its_role(direct: Callable[[], None], the_event: Find) -> None:
    log_event(catalog.MAINTENANCE, user_id=teacher().pk)
    direct()
    assert the_event("MAINTENANCE").user_role == "guru"


def test_a_change_from_the_outbox_gets_its_role(direct: Callable[[], None], the_event: Find) -> None:
    ada = teacher()
    with transaction.atomic():
        log_event("SISWA_UPDATE", user_id=ada.pk)
    assert Event.objects.filter(event_type="SISWA_UPDATE").count() == 0
    direct()
    assert the_event("SISWA_UPDATE").user_role == "guru"


def test_the_writer_has_the_role_for_the_next_request(direct: Callable[[], None]) -> None:
    ada = teacher()
    log_event(catalog.MAINTENANCE, user_id=ada.pk)
    direct()
    assert roles.remembered(ada.pk) == "guru"
