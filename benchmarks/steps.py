"""The steps of one event on the request's thread, each by itself.

    python -m benchmarks.steps [--rounds 15]

Microseconds a call: the median of the rounds, and the best one, which is what the machine can do when it is left alone.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from benchmarks import FOLDER, samples
from benchmarks.measure import Row, say, table, throwaway_database
from eventlog import catalog
from eventlog.capture.requests import Visit
from eventlog.conf import conf
from eventlog.logger import log_event
from eventlog.pipeline import writer
from eventlog.pipeline.journal import Journal
from eventlog.privacy.redaction import redactor
from eventlog.record import make_record

CALLS = 300
SENTENCE = "Rapor semester satu menyusul setelah diverifikasi wali kelas; hubungi bagian tata usaha."
SECRET = "POST failed: pin=1234 Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjo3fQ.c2ln by ada@example.id"
CHANGE: dict[str, Any] = {
    "entity_type": "siswa",
    "entity_id": 1234,
    "entity_name": "Putri Ayu Lestari (20260001)",
    "action": "UPDATE",
    "previous_values": {"kelas": "7A", "alamat": "Jalan Melati 1"},
    "new_values": {"kelas": "7B", "alamat": "Jalan Melati 2"},
    "changed_fields": ["kelas", "alamat"],
}


def steps() -> Iterator[tuple[str, Callable[[], object], float | None]]:
    """(name, call, budget in microseconds)."""
    columns = samples.request_columns(random.Random(1))
    posted = {**columns, "request_method": "POST", "request_body": samples.KILOBYTE}
    redact = redactor(conf.SENSITIVE_FIELDS)
    text = samples.request_record(random.Random(1)).to_json()
    record, own = samples.request_record(random.Random(1)), kept_small(Journal(FOLDER / "steps", database="0" * 8))
    request = WSGIRequest({**RequestFactory().get("/api/siswa?page_size=20").environ, **samples.BROWSER})
    yield "redaction of 1 KB of JSON", lambda: redact.value(samples.KILOBYTE), 20
    yield f"redaction of {len(samples.HEADERS)} headers", lambda: redact.headers(samples.HEADERS), None
    yield "redaction of a harmless sentence", lambda: redact.text(SENTENCE), None
    yield "redaction of a line full of secrets", lambda: redact.text(SECRET), None
    yield "redaction of a URL", lambda: redact.url("/api/siswa?page_size=20&kelas=7A"), None
    yield "Visit(request): on arrival", lambda: Visit(request), None
    yield "Visit.columns(): at the end", Visit(request).columns, None
    yield "make_record: GET request", lambda: make_record(catalog.HTTP_REQUEST, columns), None
    yield "make_record: POST, 1 KB body", lambda: make_record(catalog.HTTP_REQUEST, posted), None
    yield "make_record: small, by hand", lambda: make_record(catalog.MAINTENANCE, {"reason": "backup"}), None
    yield "to_json", record.to_json, None
    yield f"journal append, {len(text) / 1000:.1f} kB", lambda: own(text), 15
    yield "log_event: GET request, whole", lambda: log_event(catalog.HTTP_REQUEST, **columns), None
    yield "log_event: change, to the journal", lambda: log_event("SISWA_UPDATE", **CHANGE), None


def kept_small(journal: Journal) -> Callable[[bytes], Any]:
    """Its `append`, with what is full removed at once: a part of one append in a thousand."""

    def append(record: bytes) -> None:
        if journal.append(record) >= 1000:
            journal.cut()
            journal.stored(journal.closed[0])

    return append


def microseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS * 1e6


def rows(rounds: int) -> Iterator[Row]:
    measured: dict[str, list[float]] = {}
    budgets = {}
    all_steps = list(steps())
    for _ in range(rounds + 1):  # in turns; the first round warms up
        for name, call, budget in all_steps:
            measured.setdefault(name, []).append(microseconds(call))
            budgets[name] = budget
        writer.current().wake.set()
    for name, times in measured.items():
        median, limit = statistics.median(times[1:]), budgets[name]
        kept = None if limit is None else median <= limit
        yield Row((name, f"{median:.1f}", f"{min(times[1:]):.1f}"), f"{limit:.0f} us" if limit else "", kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with throwaway_database():
        table(f"{options.rounds} rounds of {CALLS} calls", ("", "us, median", "us, best"), rows(options.rounds))
    say()


if __name__ == "__main__":
    main()
