"""Checkpoints: everything that is settled gets into the log once, and what is signed is the log's root."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from eventlog import checks
from eventlog.integrity import checkpoints, copies, keys, log, merkle, notes, removals
from eventlog.models import Checkpoint, Epoch, EventBatch, LogEntry, Removal
from eventlog.models.event import moment_of
from eventlog.retention import cleanup, partitions
from eventlog.retention.periods import Month
from eventlog.tests.altering import altering, forget
from eventlog.tests.conftest import Change
from eventlog.tests.elsewhere import comes_from_elsewhere, put_at
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import checkpoint, event, id_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]
MANY = """
INSERT INTO event_batches (id, outbox_count, event_count, dead_count, duplicate_count, dropped_count, writer, seal,
    sealer_place, stored_xid)
SELECT gen_random_uuid(), 0, 0, 0, 0, 0, '', '\\x00', place, place::text::xid8 FROM generate_series(1, 20000) place"""


def test_what_is_signed_is_the_root_of_all_that_was_stored() -> None:
    batches = [write(event()), write(event())]
    made = checkpoint()
    leaves = [log.Entry("batch", batch.pk, bytes(batch.seal)).leaf for batch in batches]
    said = notes.read(made.note, keys.verifiers())
    assert (said.size, said.root) == (2, merkle.root(leaves))


def test_a_batch_gets_into_the_log_once() -> None:
    write(event())
    checkpoint()
    write(event())
    assert checkpoint().size == 2
    assert list(LogEntry.objects.order_by("place").values_list("place", flat=True)) == [0, 1]


def test_what_waits_to_be_signed_is_known_by_its_age() -> None:
    before = timezone.now() - timedelta(milliseconds=1)
    write(event())
    wait_for_others()
    waiting = checkpoints.standing(using="default")
    assert waiting.made_at is None and waiting.waits_since is not None and waiting.waits_since >= before
    made = checkpoint()
    assert checkpoints.standing(using="default") == checkpoints.Standing(made_at=made.made_at)


def test_to_know_what_waits_is_no_more_work_in_a_long_log() -> None:
    """What PostgreSQL reckons with decides: from 100,000 on it compiles a query first."""
    with altering(), connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("INSERT INTO event_log_entries SELECT sealer_place, 'batch', id, seal, seal FROM event_batches")
        cursor.execute("ANALYZE event_batches, event_log_entries")
        cursor.execute(f"EXPLAIN (FORMAT json) {log.WAITING}")
        assert cursor.fetchone()[0][0]["Plan"]["Total Cost"] < 5_000


def test_nor_between_the_first_batch_of_an_epoch_and_its_first_checkpoint() -> None:
    with altering(), connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("INSERT INTO event_log_entries SELECT sealer_place, 'batch', id, seal, seal FROM event_batches")
        cursor.execute("UPDATE event_batches SET stored_xid = (10::bigint ^ 15 + sealer_place)::bigint::text::xid8")
        cursor.execute("ANALYZE event_batches, event_log_entries")
    last = EventBatch.objects.order_by("sealer_place").last()
    assert last is not None
    nothing = {"size": 0, "root": b"", "peaks": b"", "key_name": "", "note": ""}
    Checkpoint(settled_xid=int(last.stored_xid), settled_id=last.pk, made_at=timezone.now(), **nothing).save()
    new = write(event())
    wait_for_others()
    assert checkpoints.standing(using="default").waits_since == moment_of(new.pk) and Epoch.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {log.WAITING}")
        assert cursor.fetchone()[0][0]["Plan"]["Shared Hit Blocks"] < 100


def test_it_goes_on_where_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log.take_up, "__kwdefaults__", {"limit": 2})
    batches = [write(event()) for _ in range(5)]
    assert [checkpoint().size for _ in range(4)] == [2, 4, 5, 5]
    leaves = [log.Entry("batch", batch.pk, bytes(batch.seal)).leaf for batch in batches]
    assert bytes(checkpoint().root) == merkle.root(leaves)


def test_a_minute_in_which_nothing_happened_is_signed_too() -> None:
    write(event())
    first, second = checkpoint(), checkpoint()
    assert second.size == first.size and bytes(second.root) == bytes(first.root)
    assert second.made_at > first.made_at


def test_what_is_stored_in_an_open_transaction_waits() -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_current_xact_id()")
            write(event())
            assert (made := checkpoints.make(using="default")) is not None and made.size == 0
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert checkpoint().size == 1


def test_batches_of_before_there_were_seals_stay_out() -> None:
    write(event())
    with altering():
        EventBatch.objects.update(seal=None)
    assert checkpoint().size == 0


def test_what_was_stored_while_a_dump_was_restored_is_taken_up_too() -> None:
    """Its place is before those of the dump, whose checkpoint says that all up to there is in the log."""
    write(event())
    comes_from_elsewhere(EventBatch.objects.get())
    checkpoint()
    early = write(event())
    forget(Epoch)
    put_at(5, early)
    assert checkpoint().size == 1
    write(event())
    assert [checkpoint().size, checkpoint().size] == [3, 3]


def test_it_is_appended_to_the_file_of_the_day(outside: Path) -> None:
    write(event())
    made = [checkpoint(), checkpoint()]
    assert [note for _name, note in copies.published(outside)] == [each.note for each in made]
    assert [path.name for path in outside.iterdir()] == [f"{made[0].made_at:%Y-%m-%d}.txt"]


def test_without_a_key_none_is_made(signing: Change) -> None:
    signing(SIGNING_KEY=[])
    assert checkpoints.make(using="default") is None
    assert [message.id for message in checks.keeping.checkpoints_are_signed(None)] == ["eventlog.W014"]


def test_a_key_that_only_verifies_signs_nothing(signing: Change) -> None:
    signing(SIGNING_KEY=["public:" + "A" * 43 + "="])
    assert checkpoints.make(using="default") is None
    assert checks.keeping.checkpoints_are_signed(None) == [], "somebody else does"


def test_without_a_folder_there_is_a_warning(signing: Change) -> None:
    signing(CHECKPOINT_DIR=None)
    assert [message.id for message in checks.keeping.checkpoints_are_signed(None)] == ["eventlog.W015"]


def test_the_command_prints_the_note(capsys: pytest.CaptureFixture[str]) -> None:
    write(event())
    checkpoint()
    call_command("eventlog_checkpoint")
    assert capsys.readouterr().out.strip() == Checkpoint.objects.latest("id").note.strip()


# --- removals ---
def test_what_retention_deletes_is_in_the_log_by_its_ids() -> None:
    old = event(timestamp=timezone.now() - timedelta(days=100))
    write(old, event())
    list(cleanup.clean_up())
    removal = Removal.objects.get()
    assert (removal.kind, bytes(removal.ids)) == ("events", id_of(old).bytes)
    checkpoint()
    assert LogEntry.objects.filter(ref=removal.pk, kind="removal").exists()


def test_a_month_that_is_dropped_is_in_the_log_by_its_time() -> None:
    moment = timezone.now() - timedelta(days=200)
    write(event(timestamp=moment))
    month = Month.of(moment)
    partitions.with_short_locks("default", partitions.attach, month)
    list(cleanup.clean_up())
    removal = Removal.objects.get()
    assert (removal.first_timestamp, removal.end_timestamp) == (month.start, month.plus(1).start)


def test_the_hash_is_of_the_row_as_it_is_stored() -> None:
    with connection.cursor() as cursor:
        removals.write(cursor, removals.of_events([id_of(event())], before="2026", share=0.5))
    row = Removal.objects.get()
    assert removals.hashed({name: getattr(row, name) for name in removals.HASHED}) == bytes(row.hash)
