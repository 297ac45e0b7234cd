"""What the proof costs: digests and seals in the store, a checkpoint, one proof, and the verification of all.

    python -m benchmarks.proof [--events 100000] [--entries 100000]

Request events with headers (1.8 kB of JSON each), in batches of 100. The checkpoint is that of a log of so many
entries and the batches of a minute; 100,000 entries are those of ten million events.

CPU time is the least of many short rounds, so a busy machine is no matter. Beside it stand its parts.
"""

import argparse
import base64
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import chain, islice
from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from django.db import connection
from psycopg2.extras import execute_values

from benchmarks import samples
from benchmarks.measure import Row, backend_seconds, say, table, throwaway_database
from eventlog.integrity import checking, checkpoints, evidence, seals, verify
from eventlog.integrity.canonical import canonical_columns, grouped, new_salts, prove
from eventlog.integrity.checking import Signed, Stretch
from eventlog.integrity.seals import Contents
from eventlog.integrity.verify import Question
from eventlog.models import Event, EventBatch, LogEntry
from eventlog.pipeline import store
from eventlog.record import make_record

BATCH, MINUTE = 100, 100  # events of a batch; batches of a minute
ROUNDS = 60
WHOLE = "digest and seal, CPU us an event"
ADD_BATCHES = """
INSERT INTO event_batches (id, writer, outbox_count, event_count, dead_count, duplicate_count, dropped_count, seal)
SELECT id::uuid, '', 0, 0, 0, 0, 0, seal FROM (VALUES %s) AS v (id, seal)"""
BUDGET_PROVE_US, BUDGET_CHECKPOINT_S, BUDGET_VERIFY_RATE, BUDGET_PROOF_MS = 10.0, 1.0, 40_000, 50.0


def least(calls: dict[str, Callable[[], object]], clock: Callable[[], float] = time.thread_time) -> dict[str, float]:
    """Seconds of CPU time of each, in turns: the least of the rounds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = clock()
            call()
            times[name].append(clock() - started)
    return {name: min(taken) for name, taken in times.items()}


# --- digest and seal ---
def proving(records: list[bytes]) -> Iterator[Row]:
    """CPU us an event, of one batch: the whole, and its parts."""
    parsed = [orjson.loads(record) for record in records]
    groups = [grouped(columns) for columns in parsed]
    written = [canonical_columns(part) for part in chain(*groups)]
    proven = seals.proven(records)
    calls: dict[str, Callable[[], object]] = {
        "parse the record": lambda: each(orjson.loads, records),
        "columns by part, spelled": lambda: each(grouped, parsed),
        "write the three parts": lambda: each(canonical_columns, chain(*groups)),
        "hash them": lambda: each(hashed, written),
        "two salts": lambda: each(len, new_salts(BATCH)),
        "id and time": lambda: each(id_and_time, parsed),
        "write the proof into the record": lambda: [
            seals.with_proof(*pair) for pair in zip(records, proofs, strict=True)
        ],
        "leaf, node, times": lambda: Contents.of(proven),
        WHOLE: lambda: Contents.of(seals.proven(records)),
    }
    proofs = [prove(*pair) for pair in zip(parsed, new_salts(BATCH), strict=True)]
    steps = {name: us(seconds) for name, seconds in least(calls).items()}
    whole = steps.pop(WHOLE)
    yield from (Row((f"  {name}", f"{step:.1f}")) for name, step in steps.items())
    yield Row(("  calls, tuples, concatenation", f"{whole - sum(steps.values()):.1f}"))
    kept = whole <= BUDGET_PROVE_US
    yield Row((WHOLE, f"{whole:.1f}"), f"<= {BUDGET_PROVE_US:.0f}", kept)


def each(call: Callable[[Any], object], values: Iterable[Any]) -> None:
    """Let go of each result at once, as the store does."""
    for value in values:
        call(value)


def hashed(part: bytes) -> bytes:
    return sha256(part).digest()


def id_and_time(columns: dict[str, Any]) -> None:
    seals.key_of(columns["id"])
    datetime.fromisoformat(columns["timestamp"])


def us(seconds: float) -> float:
    return seconds / BATCH * 1e6


# --- checkpoint ---
def add_batches(number: int) -> None:
    """Rows of batches alone: a checkpoint reads no more."""
    rows = [(str(uuid4()), b"\0" * 32) for _ in range(number)]
    with connection.cursor() as cursor:
        execute_values(cursor.cursor, ADD_BATCHES, rows, page_size=5000)


def checkpoint_seconds(entries: int) -> float:
    """Of a minute's batches, at the end of a log of so many entries."""
    add_batches(entries)
    while LogEntry.objects.count() < EventBatch.objects.count():
        checkpoints.make(using="default")
    there = EventBatch.objects.count()
    add_batches(MINUTE)
    started = time.perf_counter()
    made = checkpoints.make(using="default")
    seconds = time.perf_counter() - started
    if made is None or made.size != there + MINUTE:
        raise SystemExit("another transaction on this server keeps batches from the log")
    return seconds


# --- verification ---
def verifying() -> Iterator[Row]:
    client, server = verified_us()
    rate, enough = verified_rate(), 2e6 / (client + server)
    yield Row(("  CPU us an event, in Python", f"{client:.1f}"))
    yield Row(("  CPU us an event, in PostgreSQL", f"{server:.1f}"))
    yield Row(
        ("verify, events/s of two cores' CPU time", f"{enough:.0f}"),
        f">= {BUDGET_VERIFY_RATE}",
        enough >= BUDGET_VERIFY_RATE,
    )
    yield Row(("verify, events/s by the clock", f"{rate:.0f}"), f">= {BUDGET_VERIFY_RATE}", rate >= BUDGET_VERIFY_RATE)


def verified_us() -> tuple[float, float]:
    """CPU time for one event of ten batches, here and in the backend."""
    ids = list(EventBatch.objects.order_by("id").values_list("pk", flat=True)[:11])
    stretch = Stretch(ids[0], ids[-1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]

    def check() -> None:
        checking.check(stretch, Signed(), using="default")

    calls: dict[str, Callable[[], object]] = {"": check}
    client, server = least(calls), least(calls, lambda: backend_seconds([backend]))
    return us(client[""]) / 10, us(server[""]) / 10


def verified_rate() -> float:
    """Events a second, of all, by two processes."""
    started = time.perf_counter()
    found = verify.total(list(verify.verify(Question(), using="default")))
    seconds = time.perf_counter() - started
    if found.findings:
        raise SystemExit(str(found.ordered[0]))
    return found.events / seconds


# --- the proof of an event ---
def proof_ms() -> float:
    """Of one that was stored last: from its columns to the checkpoint, median."""
    record = make_record("MAINTENANCE", {}).to_json()
    store.write(store.Batch([record]))
    checkpoints.make(using="default")
    event = Event.objects.get(id=record[7:43].decode())
    times = []
    for _ in range(20):
        started = time.perf_counter()
        proof = evidence.of(event, sees_insides=True, using="default")
        times.append(time.perf_counter() - started)
        if proof is None or proof["log"] is None:
            raise SystemExit("another transaction on this server keeps the event from the log")
    return statistics.median(times) * 1000


def measured(events: int, entries: int) -> Iterable[Row]:
    records = samples.json_events(seed=1)
    with throwaway_database():
        yield from proving(list(islice(records, BATCH)))
        for _ in range(events // BATCH):
            store.write(store.Batch(list(islice(records, BATCH))))
        yield from verifying()
        seconds = checkpoint_seconds(entries)
        millis = proof_ms()
    kept = seconds <= BUDGET_CHECKPOINT_S
    yield Row((f"checkpoint of {entries} entries, s", f"{seconds:.2f}"), f"<= {BUDGET_CHECKPOINT_S:.0f}", kept)
    yield Row(("proof of an event, ms", f"{millis:.1f}"), f"<= {BUDGET_PROOF_MS:.0f}", millis <= BUDGET_PROOF_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args()
    key = base64.b64encode(bytes(range(32))).decode()
    settings.EVENTLOG = {**settings.EVENTLOG, "ENABLED": False, "SIGNING_KEY": [key], "CHECKPOINT_DIR": None}
    table("proof", ("", "measured"), list(measured(options.events, options.entries)))
    say()


if __name__ == "__main__":
    main()
