"""Each attack by somebody with all powers over the database, and what the verification calls it."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from eventlog.integrity import canonical, keys, ledger, merkle, notes, removals, seals, verify
from eventlog.integrity.canonical import groups
from eventlog.integrity.keys import Signer
from eventlog.integrity.log import Entry
from eventlog.integrity.verdicts import Finding, Verified
from eventlog.integrity.verify import Question
from eventlog.models import Event, EventBatch, LogEntry
from eventlog.retention import partitions
from eventlog.retention.periods import Month
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import KEY, OTHER_KEY, checkpoint, event, id_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]

NOWHERE = Path("/there/is/no/such/folder")
FULL: dict[str, Any] = {
    "username": "ani",
    "ip_address": "10.0.0.1",
    "event_data": {"n": 0.1},
    "entity_name": "Ahmad",
    "response_time_ms": 1.5,
    "response_status": 200,
}
# Another value for each type of column.
OTHERS = {
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "now() - interval '1 day'",
    "jsonb": "'[1.00000000000000000001]'",
    "inet": "'10.0.0.2'",
    "boolean": "NOT {0}",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "smallint": "coalesce({0}, 0) + 1",
    "double precision": "coalesce({0}, 0) + 0.0000001",
    "bytea": r"'\x00'",
    "xid8": "'7'",
    "event_category": "'ML'",
    "severity": "'critical'",
    "event_status": "'FAILED'",
}
PROVEN = [
    *(name for name in groups() if name != "id"),
    *("recorded_at", "batch_id", "erased_at", "digest"),
    *("actor_commitment", "actor_salt", "subject_commitment", "subject_salt"),
]


def attack(sql: str, *values: Any) -> int:
    with altering(), connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        return int(cursor.rowcount)


def found(folder: Path | None = None) -> Verified:
    return verify.total(list(verify.verify(Question(kept=folder), using="default")))


def verdict(folder: Path | None = None) -> str:
    return found(folder).verdict


def named() -> tuple[str, str]:
    """The same with and without the checkpoints of outside."""
    first, alone = (first_of(found(folder)) for folder in (None, NOWHERE))
    assert first == alone
    return first.verdict, first.what


def alike() -> str:
    """The verdict, which is the same without the checkpoints of outside."""
    assert (said := verdict()) == verdict(NOWHERE)
    return said


def first_of(verified: Verified) -> Finding:
    return verified.ordered[0] if verified.findings else Finding("valid", "", "")


@pytest.fixture
def three(signing: Change) -> list[bytes]:
    """Three batches: of three events, and twice of one; signed."""
    records = sorted(event(**FULL) for _ in range(5))  # by their ids
    write(*records[:3])
    write(records[3])
    write(records[4])
    checkpoint()
    return records


# --- events ---
@pytest.mark.parametrize("column", PROVEN)
def test_any_other_value_in_any_column_is_named(column: str) -> None:
    record = event(**FULL)
    write(record, event())
    assert attack(f"UPDATE events SET {column} = {other_value('events', column)} WHERE id = '{id_of(record)}'") == 1
    expected = "reordered" if column == "batch_id" else "modified"
    assert named() == (expected, f"event {id_of(record)}")


@pytest.mark.parametrize(
    "value", ["repeat('[', 600) || repeat(']', 600)", "repeat('[', 3000) || repeat(']', 3000)", "repeat('9', 5000)"]
)
def test_what_cannot_be_read_does_not_stop_the_verification(value: str) -> None:
    record = event(**FULL)
    write(record)
    attack(f"UPDATE events SET event_data = ({value})::jsonb WHERE id = %s", str(id_of(record)))
    assert named() == ("modified", f"event {id_of(record)}")


def other_value(table: str, column: str) -> str:
    kind = kind_of(table, column)
    return (OTHERS.get(column) or OTHERS.get(kind, "left({0}, 1) || 'x'")).format(column)


def kind_of(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            [table, column],
        )
        return str(cursor.fetchone()[0])


def test_another_id_is_one_missing_and_one_added(three: list[bytes]) -> None:
    attack("UPDATE events SET id = gen_random_uuid() WHERE id = %s", str(id_of(three[1])))
    verdicts = {finding.verdict for finding in found().findings}
    assert verdicts == {"missing", "added"} and named() == ("missing", f"event {id_of(three[1])}")


def test_a_fraction_that_a_double_cannot_hold_is_seen(three: list[bytes]) -> None:
    attack("""UPDATE events SET event_data = '{"n": 0.10000000000000000001}' WHERE id = %s""", str(id_of(three[0])))
    assert named() == ("modified", f"event {id_of(three[0])}")


@pytest.mark.parametrize("place", [1, 2, 4], ids=["in the middle", "the last of a batch", "the very last"])
def test_a_deleted_event_is_named(three: list[bytes], place: int) -> None:
    attack("DELETE FROM events WHERE id = %s", str(id_of(three[place])))
    assert named() == ("missing", f"event {id_of(three[place])}")


def test_all_deleted_events_of_a_partition_are_missing() -> None:
    moment = timezone.now() - timedelta(days=40)
    write(event(timestamp=moment), event())
    partitions.with_short_locks("default", partitions.attach, Month.of(moment))
    attack(f"DROP TABLE {Month.of(moment).table}")
    assert alike() == "missing"


def test_a_forged_event_in_no_batch_is_named(three: list[bytes]) -> None:
    copy_event(three[0], batch="NULL")
    assert alike() == "added"


def test_a_forged_event_in_a_batch_is_named(three: list[bytes]) -> None:
    copy_event(three[0], batch="batch_id")
    assert alike() == "added"


def test_a_forged_event_that_claims_to_be_of_before_proofs_is_named(three: list[bytes]) -> None:
    attack(
        "INSERT INTO event_batches (id, writer, outbox_count, event_count, dead_count, duplicate_count, dropped_count)"
        " VALUES ('00000000-0000-0000-0000-000000000001', '', 0, 1, 0, 0, 0)"
    )
    copy_event(three[0], batch="'00000000-0000-0000-0000-000000000001'")
    attack("UPDATE events SET digest = NULL WHERE batch_id = '00000000-0000-0000-0000-000000000001'")
    assert {finding.what.split()[0] for finding in found().findings} == {"batch", "event"}
    assert alike() == "added"


def copy_event(record: bytes, *, batch: str) -> None:
    names = [str(field.column) for field in Event._meta.concrete_fields]
    other = {"id": "gen_random_uuid()", "batch_id": f"{batch}::uuid"}
    chosen = ", ".join(other.get(name, name) for name in names)
    attack(f"INSERT INTO events ({', '.join(names)}) SELECT {chosen} FROM events WHERE id = '{id_of(record)}'")


def test_two_events_that_are_swapped_are_named(three: list[bytes]) -> None:
    one, other = str(id_of(three[0])), str(id_of(three[1]))
    contents = [str(field.column) for field in Event._meta.concrete_fields if field.name not in ("id", "timestamp")]
    pairs = ", ".join(f"{name} = o.{name}" for name in contents)
    attack(
        f"UPDATE events e SET {pairs} FROM events o WHERE (e.id, o.id) IN (('{one}', '{other}'), ('{other}', '{one}'))"
    )
    expected = {("reordered", f"event {one}"), ("reordered", f"event {other}")}
    assert {(finding.verdict, finding.what) for finding in found().findings} == expected


def test_events_that_are_moved_to_another_time_and_partition_are_named(three: list[bytes]) -> None:
    attack("UPDATE events SET timestamp = timestamp + interval '40 days' WHERE id = %s", str(id_of(three[0])))
    assert named() == ("modified", f"event {id_of(three[0])}")


# --- batches ---
def test_a_deleted_batch_is_missing_in_the_log_and_in_its_chain(three: list[bytes]) -> None:
    batch = EventBatch.objects.get(event_count=3)
    attack("DELETE FROM events WHERE batch_id = %s", str(batch.pk))
    attack("DELETE FROM event_batches WHERE id = %s", str(batch.pk))
    assert f"missing: batch {batch.pk}: it is entry 0 of the log" in map(str, found().findings)


def test_a_batch_whose_seal_does_not_fit_is_named(three: list[bytes]) -> None:
    batch = EventBatch.objects.order_by("id")[1]
    attack("UPDATE event_batches SET dropped_count = 7 WHERE id = %s", str(batch.pk))
    assert named() == ("modified", f"batch {batch.pk}")


def each_column_altered(table: str, columns: Sequence[str], where: str) -> Iterator[tuple[str, set[str]]]:
    """(the column, the verdicts, which are the same without the checkpoints of outside)"""
    attack(f"CREATE TEMPORARY TABLE kept AS TABLE {table}")
    for column in columns:
        assert attack(f"UPDATE {table} SET {column} = {other_value(table, column)} WHERE {where}") == 1
        with_outside, alone = ({each.verdict for each in found(folder).findings} for folder in (None, NOWHERE))
        assert with_outside == alone, column
        yield column, alone
        attack(f"DELETE FROM {table}")
        attack(f"INSERT INTO {table} TABLE kept")
    attack("DROP TABLE kept")
    assert verdict() == "valid"


def test_any_other_value_in_any_column_of_a_batch_is_seen(three: list[bytes]) -> None:
    columns = [*seals.SEALED, "seal", "leaves"]
    said = dict(each_column_altered("event_batches", columns, "sealer_place = 3"))
    assert "missing" in said.pop("id")
    assert {column for column, verdicts in said.items() if "modified" not in verdicts} == set()


def test_any_other_value_in_any_column_of_an_entry_of_the_log_is_seen(three: list[bytes]) -> None:
    said = dict(each_column_altered("event_log_entries", ["place", "kind", "ref", "leaf", "nodes"], "place = 2"))
    assert all(said.values())


def test_any_other_value_in_any_column_of_a_removal_is_seen(three: list[bytes]) -> None:
    with connection.cursor() as cursor:
        removals.write(cursor, removals.of_events([id_of(event())], share=0.5))
        removals.write(
            cursor, removals.of_range(timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=8))
        )
    checkpoint()
    columns = [*removals.HASHED, "hash", "signature"]
    said = dict(each_column_altered("event_removals", columns, "kind = 'range'"))
    assert all(said.values())


def test_a_batch_that_is_slipped_in_before_what_is_signed_is_added(three: list[bytes]) -> None:
    batch = write(event())
    attack("UPDATE event_batches SET stored_xid = '5' WHERE id = %s", str(batch.pk))
    reseal(EventBatch.objects.get(pk=batch.pk))
    assert named() == ("added", f"batch {batch.pk}")


def reseal(batch: EventBatch) -> bytes:
    columns = {str(field.column): getattr(batch, field.attname) for field in batch._meta.concrete_fields}
    seal = seals.seal(columns)
    attack("UPDATE event_batches SET seal = %s WHERE id = %s", seal, str(batch.pk))
    return seal


def rewrite_everything(record: bytes) -> None:
    """Another reason in an event, and all that is worked out from it anew: digest, leaves, root, seals, chain, log."""
    attack("UPDATE events SET reason = 'another' WHERE id = %s", str(id_of(record)))
    row = Event.objects.get(id=id_of(record))
    [salts] = canonical.new_salts(1)
    proof = canonical.prove(columns_of(row), salts)
    for name in ("digest", "actor_commitment", "actor_salt", "subject_commitment", "subject_salt"):
        attack(f"UPDATE events SET {name} = %s WHERE id = %s", getattr(proof, name), str(row.pk))
    batch = EventBatch.objects.get(pk=row.batch_id)
    entries = [
        leaf.entry if leaf.id != row.pk else row.pk.bytes + proof.digest for leaf in seals.leaves_of(batch.leaves)
    ]
    root = merkle.root(map(merkle.leaf_hash, entries))
    attack("UPDATE event_batches SET leaves = %s, root = %s WHERE id = %s", b"".join(entries), root, str(batch.pk))
    previous = None
    for each in EventBatch.objects.order_by("sealer_place"):
        attack("UPDATE event_batches SET previous_seal = %s WHERE id = %s", previous, str(each.pk))
        previous = reseal(EventBatch.objects.get(pk=each.pk))
        leaf = Entry("batch", each.pk, previous).leaf
        attack("UPDATE event_log_entries SET leaf = %s WHERE ref = %s", leaf, str(each.pk))
    rewrite_nodes()


def rewrite_nodes() -> None:
    frontier = merkle.Frontier()
    for place, leaf in list(LogEntry.objects.order_by("place").values_list("place", "leaf")):
        _leaf, *nodes = completed = frontier.completed(bytes(leaf))
        attack("UPDATE event_log_entries SET nodes = %s WHERE place = %s", b"".join(nodes), place)
        frontier = frontier.with_completed(completed)


def columns_of(row: Event) -> dict[str, Any]:
    return {str(field.column): getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_batch_that_is_written_anew_with_its_chain_is_not_what_is_in_the_log(three: list[bytes]) -> None:
    leaves = dict(LogEntry.objects.values_list("ref", "leaf"))
    rewrite_everything(three[0])
    for ref, leaf in leaves.items():
        attack("UPDATE event_log_entries SET leaf = %s WHERE ref = %s", bytes(leaf), str(ref))
    rewrite_nodes()
    assert named() == ("modified", f"batch {EventBatch.objects.get(event_count=3).pk}")


def test_a_log_that_is_written_anew_is_not_what_was_signed(three: list[bytes]) -> None:
    rewrite_everything(three[0])
    assert alike() == "checkpoint mismatch"


def test_without_the_signed_checkpoints_of_outside_it_is_not_seen(three: list[bytes], outside: Path) -> None:
    rewrite_everything(three[0])
    attack("DELETE FROM event_checkpoints")
    assert verdict() == "checkpoint mismatch"
    shutil.rmtree(outside)
    assert verdict() == "valid"


# --- the log and its checkpoints ---
def test_an_entry_that_is_taken_from_the_log_is_named(three: list[bytes]) -> None:
    attack("DELETE FROM event_log_entries WHERE place = 1")
    assert ("missing", "entry 1 of the log") in {(each.verdict, each.what) for each in found().findings}


def test_two_entries_that_are_swapped_are_not_what_was_signed(three: list[bytes]) -> None:
    attack("UPDATE event_log_entries SET place = place - 10 WHERE place < 2")
    attack("UPDATE event_log_entries SET place = -9 - place WHERE place < 0")
    assert alike() == "checkpoint mismatch"


def test_a_root_that_stands_with_an_entry_and_is_not_its_leaves_is_named(three: list[bytes]) -> None:
    attack("UPDATE event_log_entries SET nodes = %s WHERE place = 1", b"x" * 32)
    assert named() == ("modified", "entry 1 of the log")


@pytest.mark.parametrize("column", ["key_name", "size", "root", "peaks", "made_at", "settled_xid", "settled_id"])
def test_any_other_value_in_the_row_of_a_checkpoint_is_named(three: list[bytes], column: str) -> None:
    made = checkpoint()
    other = other_value("event_checkpoints", column)
    attack(f"UPDATE event_checkpoints SET {column} = {other} WHERE id = '{made.pk}'")
    assert named() == ("modified", f"checkpoint {made.pk}")


def test_a_checkpoint_that_is_edited_is_named(three: list[bytes]) -> None:
    made = checkpoint()
    attack("UPDATE event_checkpoints SET note = replace(note, E'\\n3\\n', E'\\n4\\n') WHERE id = %s", made.pk)
    assert named() == ("signature bad", f"checkpoint {made.pk}")


def test_a_checkpoint_that_is_signed_with_another_key_is_named(three: list[bytes]) -> None:
    made = checkpoint()
    forged = notes.signed(notes.read(made.note, keys.verifiers()), Signer.of(OTHER_KEY))
    attack("UPDATE event_checkpoints SET note = %s WHERE id = %s", forged, made.pk)
    assert named() == ("signature bad", f"checkpoint {made.pk}")


def test_a_file_of_checkpoints_that_is_edited_is_named(three: list[bytes], outside: Path) -> None:
    file = next(outside.iterdir())
    file.write_text(file.read_text().replace("\n3\n", "\n2\n"))
    assert str(first_of(found())).startswith(f"signature bad: a checkpoint of {file.name}: ")
    assert verdict(NOWHERE) == "valid"


@pytest.fixture
def put_back(three: list[bytes]) -> Iterator[None]:
    """The database is as it was before the last batch, its entry and its checkpoint, with nothing left of them."""
    last = write(event())
    made = checkpoint()
    attack("DELETE FROM event_checkpoints WHERE id = %s", made.pk)
    attack("DELETE FROM event_log_entries WHERE ref = %s", str(last.pk))
    attack("DELETE FROM events WHERE batch_id = %s", str(last.pk))
    attack("DELETE FROM event_batches WHERE id = %s", str(last.pk))
    yield


@pytest.mark.usefixtures("put_back")
def test_a_database_that_was_put_back_is_named_by_the_checkpoints_of_outside() -> None:
    assert verdict() == "checkpoint mismatch"


@pytest.mark.usefixtures("put_back")
def test_without_those_it_is_not_seen(signing: Change) -> None:
    signing(CHECKPOINT_DIR=None)
    assert verdict() == "valid"


@pytest.mark.parametrize(("key", "expected"), [(KEY, "valid"), (OTHER_KEY, "signature bad")], ids=["ours", "another"])
def test_a_history_that_is_written_and_signed_anew(
    three: list[bytes], signing: Change, outside: Path, key: str, expected: str
) -> None:
    """By who holds our key it is told by the checkpoints of outside alone; by another key by its own."""
    rewrite_everything(three[0])
    attack("DELETE FROM event_checkpoints")
    signing(SIGNING_KEY=[key], CHECKPOINT_DIR=None)
    checkpoint()
    signing(SIGNING_KEY=[KEY])
    assert verdict(NOWHERE) == expected
    assert verdict(outside) == "checkpoint mismatch"


def test_what_is_taken_away_whole_before_it_is_signed_leaves_no_trace(three: list[bytes]) -> None:
    last = write(event())
    attack("DELETE FROM events WHERE batch_id = %s", str(last.pk))
    attack("DELETE FROM event_batches WHERE id = %s", str(last.pk))
    assert verdict() == "valid"


# --- removals ---
def test_a_removal_explains_nothing_that_was_stored_later_whatever_is_said_of_its_place(
    three: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "SKEW", timedelta(0))
    moment = timezone.now() - timedelta(days=200)
    with connection.cursor() as cursor:
        removals.write(cursor, removals.of_range(moment - timedelta(days=1), moment + timedelta(days=1)))
    late = event(timestamp=moment)
    write(late)
    checkpoint()
    attack("DELETE FROM events WHERE id = %s", str(id_of(late)))
    attack("UPDATE event_removals SET stored_xid = '999999999'")
    assert named() == ("missing", f"event {id_of(late)}")


def test_a_removal_that_nobody_signed_explains_nothing(three: list[bytes], signing: Change) -> None:
    attack("DELETE FROM events WHERE id = %s", str(id_of(three[0])))
    signing(SIGNING_KEY=[OTHER_KEY])
    with connection.cursor() as cursor:
        removals.write(cursor, removals.of_events([id_of(three[0])]))
    signing(SIGNING_KEY=[KEY])
    assert {each.verdict for each in found().findings} == {"missing", "signature bad"}


def test_a_removal_that_is_edited_is_named(three: list[bytes]) -> None:
    with connection.cursor() as cursor:
        removals.write(cursor, removals.of_events([id_of(event())]))
    attack("UPDATE event_removals SET ids = %s", id_of(three[0]).bytes)
    assert alike() == "modified"
