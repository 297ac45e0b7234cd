"""What is left of rows that come and go: the outbox, and the counts that are added to all the time.

    python -m benchmarks.churn [--rows 200000] [--wait 150]

So many events pass through the outbox into the table of events, 500 at once. Then as many wait in it, as after a time
without workers; an eighth of them is claimed, and autovacuum is waited for. With PostgreSQL's own settings and with
those of the migrations (`models/churning.py`), each in a fresh database. How busy the machine is matters for
milliseconds alone; autovacuum comes by each minute, unless the server is told otherwise.
"""

import argparse
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.measure import Row, say, table, throwaway_database
from eventlog import catalog
from eventlog.models.churning import OF_COUNTS, OPTIONS, altered, reset
from eventlog.pipeline import outbox, store
from eventlog.record import EventRecord, make_record

INSERT = "INSERT INTO event_outbox (id, record) SELECT * FROM unnest(%s::uuid[], %s)"
LEFT = """
SELECT pg_table_size(relid), pg_indexes_size(relid), n_dead_tup, n_tup_hot_upd, n_tup_upd, autovacuum_count
FROM pg_stat_user_tables WHERE relname = %s"""
ENDPOINTS = [f"/api/{name}/{{id}}" for name in ("siswa", "nilai", "presensi", "penghasilan", "prediksi")]
TYPES = ("SISWA_UPDATE", "NILAI_UPDATE", "PRESENSI_CREATE", "NILAI_CREATE", "SISWA_READ", "PENGHASILAN_UPDATE")


@dataclass(frozen=True, slots=True)
class Left:
    bytes: int
    index_bytes: int
    dead: int
    hot: int
    updated: int
    vacuums: int


def pass_through(rows: int) -> list[float]:
    """Through the outbox; the seconds that each batch took to be stored."""
    took, begin = list[float](), timezone.now()
    for number in range(0, rows, store.OUTBOX_LIMIT):
        moment = begin + timedelta(seconds=number / 100)  # a hundred a second
        records = [event(moment) for _ in range(store.OUTBOX_LIMIT)]
        put(records)
        started = time.perf_counter()
        store.write(store.Batch(claim_outbox=True))
        took.append(time.perf_counter() - started)
    return took


def put(records: list[EventRecord]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [[str(each.id) for each in records], [each.to_json().decode() for each in records]])


def event(moment: datetime) -> EventRecord:
    who = {"timestamp": moment, "username": "ani", "user_id": random.randrange(200)}
    if random.random() < 0.5:
        return make_record(random.choice(TYPES), who)
    where = {
        "endpoint": random.choice(ENDPOINTS),
        "server_name": "web",
        "response_time_ms": random.lognormvariate(3, 1),
    }
    return make_record(catalog.HTTP_REQUEST, {**who, **where, "response_status": 200})


def left(name: str) -> Left:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")
        cursor.execute(LEFT, [name])
        return Left(*cursor.fetchone())


def measured(words: str, statements: list[str], rows: int, wait: float) -> tuple[list[Row], Row]:
    with throwaway_database(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        took = pass_through(rows)
        say(f"{words}: a batch of {store.OUTBOX_LIMIT} took {1000 * median(took):.0f} ms")
        return [row(words, name, left(name)) for name in (*OPTIONS, *OF_COUNTS)], after_a_backlog(words, rows, wait)


def after_a_backlog(words: str, rows: int, wait: float) -> Row:
    """Of so many that wait an eighth is claimed: by PostgreSQL's settings, a fifth, too few for autovacuum."""
    with connection.cursor() as cursor:
        for _ in range(0, rows, store.OUTBOX_LIMIT):
            put([event(timezone.now()) for _ in range(store.OUTBOX_LIMIT)])
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("VACUUM ANALYZE event_outbox")
        for _ in range(0, rows // 8, store.OUTBOX_LIMIT):
            claim()
        time.sleep(wait)
        dead = left("event_outbox").dead
    return Row((words, f"{dead:,}", f"{1000 * median(claim() for _ in range(9)):.1f} ms"))


def claim() -> float:
    """Seconds, of the question alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        started = time.perf_counter()
        waiting = outbox.claim(cursor, store.OUTBOX_LIMIT)
        took = time.perf_counter() - started
        outbox.release(cursor, [row.id for row in waiting])
    return took


def row(words: str, name: str, found: Left) -> Row:
    hot = f"{found.hot / found.updated:.0%}" if found.updated else "–"
    sizes = [f"{size / 2**20:.1f} MB" for size in (found.bytes, found.index_bytes)]
    return Row((name, words, *sizes, f"{found.dead:,}", hot, str(found.vacuums)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--wait", type=float, default=150, help="seconds, for autovacuum")
    given = parser.parse_args()
    found, waited = list[Row](), list[Row]()
    for words, statements in (("PostgreSQL's", reset()), ("ours", altered())):
        rows, after = measured(words, list(statements), given.rows, given.wait)
        found += rows
        waited.append(after)
    heads = ("table", "settings", "table's size", "indexes", "dead rows", "HOT updates", "autovacuums")
    table(f"After {given.rows:,} rows", heads, sorted(found, key=lambda each: each.cells[0]))
    table("The outbox after a backlog", ("settings", "dead rows", "a claim"), waited)


if __name__ == "__main__":
    import django

    django.setup()
    main()
