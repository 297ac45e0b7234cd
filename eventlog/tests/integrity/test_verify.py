"""Verification: what the event log itself does leaves it valid."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from eventlog.integrity import removals, verify
from eventlog.integrity.verdicts import Verified
from eventlog.integrity.verify import Question
from eventlog.models import Event, EventBatch
from eventlog.pipeline import store
from eventlog.retention import cleanup, partitions
from eventlog.retention.periods import Month
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import KEY, OTHER_KEY, checkpoint, event, id_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]


def verified(question: Question | None = None) -> Verified:
    return verify.total(list(verify.verify(question or Question(), using="default")))


def an_odd_event() -> bytes:
    """With what is written differently in JSON, jsonb and Python."""
    data = {"n": 1e16, "m": -0.0, "x": 0.1 + 0.2, "tiny": 1e-7, "whole": 2**60, "text": "1.50\t\\N\n€", "none": None}
    lists = {"threats": [{"score": 1.0}], "tags": ["a"], "changed_fields": []}
    who = {"username": "ani", "ip_address": "2001:db8::1", "user_agent": "x\\y", "request_headers": {}}
    return event(event_data=data, response_time_ms=1e-5, memory_usage_mb=3.0, reason="a\tb", **lists, **who)


def test_what_is_stored_is_valid() -> None:
    write(an_odd_event(), event())
    write(event())
    checkpoint()
    found = verified()
    assert found.findings == () and (found.events, found.batches, found.entries, found.checkpoints) == (3, 2, 2, 2)


def test_an_empty_log_is_valid() -> None:
    assert verified().verdict == "valid"


def test_without_checkpoints_it_is_valid_too(signing: Change) -> None:
    signing(SIGNING_KEY=[], CHECKPOINT_DIR=None)
    write(event())
    found = verified()
    assert (found.verdict, found.waiting) == ("valid", 1)


def test_what_is_stored_twice_is_valid() -> None:
    record = event()
    write(record)
    write(record, event())
    store.write(store.Batch(records=[record]))
    assert verified().verdict == "valid"


def test_what_the_database_refuses_is_not_missing() -> None:
    write(event(), event().replace(b'"MAINTENANCE"', b'"' + b"x" * 200 + b'"'))
    assert verified().verdict == "valid"


def test_what_retention_removes_is_explained() -> None:
    old, older = timezone.now() - timedelta(days=100), timezone.now() - timedelta(days=200)
    write(event(timestamp=older), event(timestamp=old), event())
    partitions.with_short_locks("default", partitions.attach, Month.of(older))
    checkpoint()
    list(cleanup.clean_up())
    checkpoint()
    found = verified()
    assert found.findings == () and found.removed == 2


def test_what_is_stored_after_its_month_was_dropped_is_not_explained_by_that() -> None:
    older = timezone.now() - timedelta(days=200)
    partitions.with_short_locks("default", partitions.attach, Month.of(older))
    list(cleanup.clean_up())
    write(event(timestamp=older))
    with altering():
        Event.objects.filter(timestamp=older).delete()
    assert verified().verdict == "missing"


def test_a_new_key_leaves_the_old_checkpoints_valid(signing: Change) -> None:
    write(event())
    checkpoint()
    signing(SIGNING_KEY=[OTHER_KEY, KEY])
    write(event())
    checkpoint()
    assert verified().verdict == "valid"


def test_events_of_before_there_were_proofs_are_counted() -> None:
    write(event())
    nothing = dict.fromkeys(
        ("digest", "actor_commitment", "actor_salt", "subject_commitment", "subject_salt"),
    )
    with altering():
        Event.objects.update(**nothing)
        EventBatch.objects.update(seal=None, leaves=None, root=None, previous_seal=None, sealer_place=None, sealer="")
    found = verified()
    assert (found.verdict, found.unproven) == ("valid", 1)


ERASE = """UPDATE events SET username = '', user_id = NULL, ip_address = NULL, actor_salt = NULL, erased_at = now()"""


def test_an_erasure_that_is_written_down_is_explained() -> None:
    record = event(username="ani")
    write(record)
    with altering(), connection.cursor() as cursor:
        cursor.execute(ERASE)
        removals.write(cursor, removals.of_erasure([id_of(record)], part="actor"))
    found = verified()
    assert (found.verdict, found.erased) == ("valid", 1)


def test_one_that_is_not_is_a_change() -> None:
    write(event(username="ani"))
    with altering(), connection.cursor() as cursor:
        cursor.execute(ERASE)
    assert verified().verdict == "modified"


def test_an_event_that_is_found_once_more_after_its_removal_is_valid() -> None:
    old = event(timestamp=timezone.now() - timedelta(days=100))
    write(old)
    list(cleanup.clean_up())
    write(old)
    found = verified()
    assert (found.verdict, found.events, found.removed) == ("valid", 2, 1)


def test_many_batches_are_looked_at_by_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "BATCHES_AT_ONCE", 2)
    for _ in range(5):
        write(event())
    found = verified()
    assert (found.verdict, found.events, found.batches) == ("valid", 5, 5)


def test_a_time_is_looked_at_alone() -> None:
    old = timezone.now() - timedelta(days=3)
    write(event(timestamp=old), event())
    found = verified(Question(old - timedelta(hours=1), old + timedelta(hours=1)))
    assert (found.verdict, found.events) == ("valid", 1)


def test_one_event_is_looked_at_alone() -> None:
    one, other = event(), event()
    write(one, other)
    with altering():
        Event.objects.filter(id=id_of(other)).update(reason="another")
    assert verified(Question.of_event(id_of(one), None)).verdict == "valid"
    assert verified(Question.of_event(id_of(other), None)).verdict == "modified"


# --- the command ---
@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def output(*arguments: str) -> str:
        call_command("eventlog_verify", *arguments)
        return capsys.readouterr().out

    return output


def test_it_says_valid_in_one_line(run: Callable[..., str]) -> None:
    write(event())
    said = run()
    assert said.startswith("valid: 1 events in 1 batches") and said.count("\n") == 1


def test_it_names_the_event_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    record = event()
    write(record)
    with altering():
        Event.objects.update(reason="another")
    with pytest.raises(SystemExit) as exit:
        call_command("eventlog_verify")
    assert exit.value.code == 2
    assert capsys.readouterr().out.startswith(f"modified: event {id_of(record)}: ")


def test_it_prints_json(run: Callable[..., str]) -> None:
    assert json.loads(run("--json", "--from", "2026-01-01", "--to", "2027-01-01"))["verdict"] == "valid"


def test_checkpoints_that_are_not_there_are_refused(run: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file or folder"):
        run("--checkpoints", str(tmp_path / "none"))
    (tmp_path / "mail.txt").write_text("Dear all,\n\nnothing new.\n")
    with pytest.raises(CommandError, match="no checkpoint in"):
        run("--checkpoints", str(tmp_path / "mail.txt"))
