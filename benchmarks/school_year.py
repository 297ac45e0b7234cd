"""A school's year of events, stored as a site stores them: in batches, sealed and counted, by processes at once."""

import os
import random
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any, Final

from django.db import connection, connections

from benchmarks import samples
from benchmarks.measure import say
from eventlog import catalog
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.periods import Month

DAYS: Final = 365
BATCH: Final = 200
PROCESSES: Final = 2
TEMPLATES: Final = 20_000  # so many that hardly one is twice in a row group of the archive
OWN_DAYS: Final = 30  # of one event in a hundred
STUDENTS: Final = 5_000
SHARES: Final = {  # events of a hundred
    "HTTP_REQUEST": 55,
    "NILAI_UPDATE": 20,
    "LOGIN": 10,
    "LOGIN_FAILED": 2,
    "TASK_SUCCESS": 8,
    "FILE_DOWNLOAD": 3,
    "SQL_INJECTION": 2,
}
CHANGE: Final = {
    "action": "UPDATE",
    "previous_values": {"matematika": 81.5, "ipa": 78},
    "new_values": {"matematika": 84, "ipa": 79},
    "changed_fields": ["matematika", "ipa"],
}
Template = tuple[bytes, bytes]  # of its JSON: between `timestamp` and the request's id, and after it


@dataclass(frozen=True, slots=True)
class Year:
    """`events` of them evenly from `begin` on, and `late` ones of a month that has no partition."""

    begin: datetime
    events: int
    late: int

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(days=DAYS)

    @property
    def coming(self) -> Month:
        return Month.of(datetime.now(UTC)).plus(12)

    def moment(self, number: int) -> datetime:
        if number < self.events:
            return self.begin + timedelta(days=DAYS * number / self.events)
        return self.coming.start + timedelta(seconds=number - self.events)

    def store(self) -> float:
        """How many events a second."""
        make_months(self)
        connections.close_all()  # a child must not share a socket
        begun, context = time.monotonic(), get_context("fork")
        children = [context.Process(target=fill, args=(self, number)) for number in range(PROCESSES)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        if any(child.exitcode for child in children):
            raise SystemExit("the year could not be stored")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum has done in a year
        return (self.events + self.late) / (time.monotonic() - begun)


def make_months(year: Year) -> None:
    """Of the past too, as a site has them that has been there so long."""
    partitions.make_ahead(using="default")
    month = Month.of(year.begin)
    while partitions.with_short_locks("default", partitions.attach, month):
        month = month.plus(1)


def fill(year: Year, part: int) -> None:
    """Every second batch, or third …"""
    chance, writer = random.Random(part), uuid.uuid4().hex
    templates, begun = [template(chance) for _ in range(TEMPLATES)], time.monotonic()
    total = year.events + year.late
    for first in range(part * BATCH, total, PROCESSES * BATCH):
        numbers = range(first, min(first + BATCH, total))
        records = [spelled(chance.choice(templates), year.moment(number), chance) for number in numbers]
        store.write(store.Batch(records, writer, first + 1, first + len(records)))
        if part == 0 and first // BATCH % 500 == 0:
            say(f"… {first} events, {time.monotonic() - begun:.0f} s")
    connections.close_all()
    os._exit(0)  # not through the parent's exit handlers


def template(chance: random.Random) -> Template:
    [event_type] = chance.choices(list(SHARES), list(SHARES.values()))
    record = make_record(event_type, columns(event_type, chance))
    text = record.to_json()
    middle, _, rest = text[text.index(b',"event_type"') :].partition(record.columns["request_id"].encode())
    return middle, rest


def columns(event_type: str, chance: random.Random) -> dict[str, Any]:
    found = samples.request_columns(chance)
    if event_type != catalog.HTTP_REQUEST:
        bodies = ("request_headers", "request_body", "query_params", "event_name", "event_category", "severity")
        found = {name: value for name, value in found.items() if name not in bodies}
    if event_type == "NILAI_UPDATE":
        student = chance.randrange(STUDENTS)
        found |= {**CHANGE, "entity_type": "nilai", "entity_id": str(student), "entity_name": f"Siswa {student}"}
    return found | ({"retention_days": OWN_DAYS} if chance.random() < 0.01 else {})


def spelled(made: Template, moment: datetime, chance: random.Random) -> bytes:
    """A template's event with its own id, which is of its time, its own time, and a request of its own."""
    digits = f"{int(moment.timestamp() * 1000):012x}7{chance.getrandbits(12):03x}8{chance.getrandbits(60):015x}"
    head = f'{{"id":"{uuid.UUID(digits)}","timestamp":"{moment.isoformat()}"'
    return b"%b%b%032x%b" % (head.encode(), made[0], chance.getrandbits(128), made[1])
