"""`eventlog_doctor indexes`: what is missing, what nobody asks, and what is bigger than it must be."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from eventlog.models import Event
from eventlog.monitoring import indexes
from eventlog.monitoring.indexes import READERS, Index
from eventlog.retention.partitions import DEFAULT

pytestmark = pytest.mark.django_db
PLAIN = Index("events_a_idx", "events_a", "events_x", "btree", True, False, False, False, 0, 100, 10, ["a"])


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def doctor(*arguments: str) -> str:
    out = StringIO()
    call_command("eventlog_doctor", "indexes", *arguments, stdout=out)
    return out.getvalue()


def missing() -> list[Any]:
    return [(each.index, each.why, each.tables) for each in indexes.examined("default").missing]


def test_each_index_of_events_has_its_reader() -> None:
    assert set(READERS) == {index.name for index in Event._meta.indexes}


# --- missing ---
def test_nothing_is_missing_after_migrate() -> None:
    assert missing() == [] and "Missing: none." in doctor()


def test_what_is_missing_is_told_with_the_screen_that_is_slow() -> None:
    sql("DROP INDEX events_ip_time")
    with pytest.raises(SystemExit) as ended:
        doctor()
    assert ended.value.code == 2
    (found,) = indexes.examined("default").missing
    assert (found.index, found.why, DEFAULT in found.tables) == ("events_ip_time", "missing", True)
    assert found.reader == "the timeline of an address"
    sql(found.mend)
    assert missing() == []


def test_one_partition_without_it_is_named() -> None:
    """As ALTER INDEX … ATTACH PARTITION, which was not done for one, has left it."""
    sql("DROP INDEX events_request")
    sql("CREATE INDEX events_request ON ONLY events (request_id) WHERE request_id <> ''")
    for table in [part for part in found_tables() if part != DEFAULT]:
        sql(f"CREATE INDEX {table}_again ON {table} (request_id) WHERE request_id <> ''")
        sql(f"ALTER INDEX events_request ATTACH PARTITION {table}_again")
    assert missing() == [("events_request", "missing", [DEFAULT])]


def found_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(indexes.PARTITIONS)
        return [row[0] for row in cursor.fetchall()]


def test_one_whose_making_was_broken_off_is_told() -> None:
    sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'event_batches_order'::regclass")
    assert missing() == [("event_batches_order", "invalid", ["event_batches"])]


@pytest.mark.parametrize(
    "other",
    ["(request_id)", "(trace_id) WHERE trace_id <> ''", "USING hash (request_id) WHERE request_id <> ''"],
)
def test_one_by_the_name_that_is_another_is_told(other: str) -> None:
    sql("DROP INDEX events_request", f"CREATE INDEX events_request ON events {other}")
    assert missing() == [("events_request", "different", ["events"])]


def test_the_direction_counts() -> None:
    sql("DROP INDEX event_archives_day", "CREATE INDEX event_archives_day ON event_archives (day, until_xid DESC)")
    assert missing() == [("event_archives_day", "different", ["event_archives"])]


# --- unused ---
def test_what_no_partition_has_used_is_unused() -> None:
    used = [PLAIN, replace(PLAIN, name="events_b_idx", scans=1)]
    alone = [replace(PLAIN, parent="events_y"), replace(PLAIN, parent="events_y", bytes=50)]
    assert [(each.index, each.tables, each.bytes) for each in indexes.unused(used + alone)] == [("events_y", 2, 150)]


def test_what_is_unique_is_never_unused() -> None:
    assert indexes.unused([replace(PLAIN, is_unique=True)]) == []
    names = {each.index for each in indexes.examined("default").unused}
    assert names <= {index.name for model in indexes.tables() for index in model._meta.indexes} | named_by_django()


def named_by_django() -> set[str]:
    """Those of foreign keys and for LIKE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisunique")
        return {row[0] for row in cursor.fetchall()}


def test_since_when_is_said() -> None:
    told = json.loads(doctor("--json"))
    assert set(told) >= {"statistics_since", "unused"} and "Not used since" in doctor()


# --- bloated ---
def fill(rows: int) -> None:
    sql(f"""
        INSERT INTO event_dead_letters (batch_id, sqlstate, reason, record, refused_at)
        SELECT gen_random_uuid(), '22000', '', '{{}}', now() - n * interval '1 s' FROM generate_series(1, {rows}) n""")


def bloat() -> list[tuple[str, bool]]:
    found = indexes.examined("default").bloated
    return [(each.index, each.wasted > each.bytes / 2) for each in found if each.index == "event_dead_letters_newest"]


@pytest.mark.django_db(transaction=True)
def test_what_is_full_of_nothing_is_bloated_until_it_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "LEAST_BYTES", 100_000)
    fill(20_000)
    sql("VACUUM ANALYZE event_dead_letters")
    assert bloat() == []
    sql("DELETE FROM event_dead_letters WHERE id % 10 > 0", "VACUUM ANALYZE event_dead_letters")
    assert bloat() == [("event_dead_letters_newest", True)]
    sql("REINDEX INDEX event_dead_letters_newest")
    assert bloat() == []


def test_without_statistics_there_is_no_estimate() -> None:
    assert indexes.waste(replace(PLAIN, rows=-1), {}) is None and indexes.waste(PLAIN, {}) is None
    assert indexes.waste(replace(PLAIN, bytes=2 * indexes.PAGE), {("events_a", "a"): 8.0}) == 0
