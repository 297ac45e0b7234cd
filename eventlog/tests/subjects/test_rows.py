"""Looking for a person in rows of events: some at a time, each once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from eventlog.subjects import rows
from eventlog.subjects.gathering import person_of
from eventlog.subjects.person import Person
from eventlog.subjects.rows import LAST, each_some
from eventlog.tests.integrity.conftest import write
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> Person:
    """She is in most of what is stored, and others' events lie between."""
    for _ in range(3):
        stored()
        write(*(scene.made("LOGOUT", None, username="budi") for _ in range(4)))
    return person_of("", "siswa", scene.RECORD, using="default")


def found(person: Person) -> list[list[str]]:
    with connection.cursor() as cursor:
        return [[str(row.id) for row in some] for some in each_some(cursor, "events", person)]


@pytest.mark.parametrize("looked_at", [1, 4, 7])
def test_all_are_found_once_and_in_order_however_few_are_looked_at(
    person: Person, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    [expected] = found(person)
    monkeypatch.setattr(rows, "LOOKED_AT", looked_at)
    assert sum(found(person), []) == expected


def test_as_many_are_given_at_once_as_one_transaction_may_have(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    [expected] = found(person)
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 4)
    made = found(person)
    assert sum(made, []) == expected and {len(some) for some in made[:-1]} == {4}


def test_no_row_is_looked_at_twice(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind a border begins where the one before has ended."""
    borders = []
    monkeypatch.setattr(rows, "LOOKED_AT", 5)
    with connection.execute_wrapper(lambda execute, sql, values, *more: noted(borders, execute, sql, values, *more)):
        found(person)
    assert borders[-1][1] == LAST and [end for _begin, end in borders[:-1]] == [begin for begin, _end in borders[1:]]


def noted(borders: list[Any], execute: Callable[..., Any], sql: str, values: Any, *more: Any) -> Any:
    if isinstance(values, dict) and "until" in values:
        borders.append(((values["timestamp"], UUID(values["id"])), (values["until"], UUID(values["until_id"]))))
    return execute(sql, values, *more)
