"""Legal holds: placed and lifted with a reason, told, and stronger than any time."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from eventlog import tasks
from eventlog.context import starter
from eventlog.logger import log_event
from eventlog.models import DeadLetter, Event, Hold
from eventlog.retention import cleanup, held, holds, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.retention.test_cleanup import refused

pytestmark = pytest.mark.django_db


def old(**columns: Any) -> Event:
    record = log_event("MAINTENANCE", timestamp=timezone.now() - timedelta(days=200), **columns)
    return Event.objects.get(pk=record.id)


def placed(**about: Any) -> Hold:
    hold = Hold(reason="letter of the police", **about)
    holds.place(hold, by="ada")
    return hold


def left() -> set[str]:
    tasks.clean_up()
    return set(Event.objects.filter(event_type="MAINTENANCE").values_list("username", flat=True))


def test_what_a_hold_is_about_stays_until_it_is_lifted() -> None:
    old(username="ani")
    old(username="budi")
    hold = placed(username="ani")
    assert left() == {"ani"}
    assert holds.lift(hold, reason="settled", by="ada") and left() == set()


def test_a_person_is_held_under_a_new_name_too() -> None:
    ani = User.objects.create_user("ani")
    old(username="ani.new", user_id=ani.pk)
    placed(username="ani")
    assert left() == {"ani.new"}


def test_a_hold_ends_by_itself() -> None:
    old(username="ani")
    Hold.objects.create(username="ani", reason="over", placed_by="ada", until=timezone.now() - timedelta(seconds=1))
    assert left() == set()


def test_one_event_that_is_held_keeps_its_partition() -> None:
    month = Month.of(old(username="ani").timestamp)
    partitions.with_short_locks("default", partitions.attach, month)
    old(username="budi")
    hold = placed(username="ani")
    assert [(removal.rows, removal.partition) for removal in cleanup.clean_up()] == [(1, "")]
    holds.lift(hold, reason="settled", by="ada")
    assert [(removal.rows, removal.partition) for removal in cleanup.clean_up()] == [(1, month.table)]


def test_a_hold_placed_after_the_look_keeps_the_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    partitions.with_short_locks("default", partitions.attach, Month.of(old(username="ani").timestamp))
    really = partitions.with_short_locks

    def place_first(*args: Any) -> Any:
        placed(username="ani")
        return really(*args)

    monkeypatch.setattr(partitions, "with_short_locks", place_first)
    assert left() == {"ani"}


def test_refused_events_stay_while_a_hold_is_in_force() -> None:
    refused(days_ago=200)
    hold = placed(username="ani")
    tasks.clean_up()
    assert DeadLetter.objects.count() == 1 and cleanup.planned(Keeping()).removals == []
    holds.lift(hold, reason="settled", by="ada")
    tasks.clean_up()
    assert DeadLetter.objects.count() == 0


def test_placing_and_lifting_are_events_with_their_reasons() -> None:
    hold = placed(entity_type="siswa", entity_id="7")
    holds.lift(hold, reason="settled", by="budi")
    told = Event.objects.filter(entity_type="hold", entity_id=str(hold.pk)).order_by("id")
    assert [(event.event_type, event.reason) for event in told] == [
        ("HOLD_PLACED", "letter of the police"),
        ("HOLD_LIFTED", "settled"),
    ]
    assert told[0].event_data["entity_id"] == "7"


def test_what_was_lifted_is_not_lifted_again() -> None:
    hold = placed(username="ani")
    assert [holds.lift(hold, reason=reason, by="ada") for reason in ("first", "second")] == [True, False]
    assert hold.lift_reason == "first"


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({}, "Say what is to be kept"),
        ({"entity_id": "7"}, "needs the kind of record"),
        ({"username": "ani", "until": timezone.now()}, "over already"),
        ({"begin": timezone.now(), "end": timezone.now() - timedelta(1)}, "ends before it begins"),
    ],
)
def test_a_hold_without_sense_is_refused(about: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        placed(**about)


def test_the_clean_up_tells_what_was_held() -> None:
    old(username="ani")
    old(username="budi")
    placed(username="ani")
    tasks.clean_up()
    told = Event.objects.get(event_type="EVENTS_CLEANUP").event_data
    assert (told["rows"], told["held"]) == (1, 1)
    assert {"category": "SYSTEM", "days": 90, "rows": 1, "held": 1} in told["categories"]


@pytest.mark.parametrize(
    ("about", "condition"),
    [
        ({"username": "ani"}, "(username)::text = 'ani'::text"),
        ({"entity_type": "siswa"}, "(entity_type)::text = 'siswa'::text"),
        ({"entity_type": "siswa", "entity_id": "7"}, "(entity_type)::text = 'siswa'::text"),
        ({"request_id": "r1"}, "(request_id)::text = 'r1'::text"),
        ({"begin": timezone.now(), "entity_type": "siswa"}, '("timestamp" >= '),
    ],
)
def test_what_a_hold_is_about_is_found_by_indexes(about: dict[str, Any], condition: str) -> None:
    hold = placed(**about)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT {held.of_hold(cursor, hold, 'TRUE', {})}")
        plan = [line.strip() for (line,) in cursor.fetchall()]
    assert any(line.startswith("Index Cond: ") and condition in line for line in plan), plan
    assert not any("Seq Scan on events_" in line for line in plan), plan


# --- the commands ---
def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_hold_is_placed_listed_and_lifted_on_the_command_line() -> None:
    where = ["--user", "ani", "--entity", "siswa", "7", "--from", "2026-01-01", "--reason", "a lawsuit"]
    number = json.loads(run("eventlog_hold", "place", *where, "--json"))["holds"][0]["hold"]
    hold = Hold.objects.get(pk=number)
    assert (hold.username, hold.entity_type, hold.entity_id) == ("ani", "siswa", "7")
    assert hold.placed_by == starter().username
    assert f"Hold {number}, in force: username ani, entity_type siswa" in run("eventlog_hold", "list")
    assert "lifted" in run("eventlog_hold", "lift", str(number), "--reason", "settled")
    assert "No hold is in force" in run("eventlog_hold", "list")
    assert "settled" in run("eventlog_hold", "list", "--all", "--json")


def test_the_command_says_what_is_wrong() -> None:
    with pytest.raises(CommandError, match="Say what is to be kept"):
        run("eventlog_hold", "place", "--reason", "all of it")
    with pytest.raises(CommandError, match="No hold 7 is in force"):
        run("eventlog_hold", "lift", "7", "--reason", "settled")


def test_a_dry_run_tells_what_would_go_and_what_holds_keep() -> None:
    old(username="ani", event_category="AUTH")
    old(username="budi")
    hold = placed(username="ani")
    said = run("eventlog_cleanup", "--dry-run")
    assert "Would remove 1 events (SYSTEM 1); whole partitions: none." in said
    assert "events_default: 1 (SYSTEM 1); held 1 (AUTH 1)" in said
    assert f"Hold {hold.pk} keeps 1 past their time: letter of the police" in said
    told = json.loads(run("eventlog_cleanup", "--dry-run", "--json"))
    assert {(each["category"], each["rows"], each["held"]) for each in told["events"]} == {
        ("AUTH", 0, 1),
        ("SYSTEM", 1, 0),
    }
