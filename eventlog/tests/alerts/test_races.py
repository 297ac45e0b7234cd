"""Many writers store an attack and look at it at the same time: who reads of it reads one alert."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from threading import Barrier, Thread

import orjson
import pytest
from django.db import connections

from eventlog.detection.findings import hand_on
from eventlog.detection.judging import judge
from eventlog.detection.observations import of_record
from eventlog.models import Alert
from eventlog.pipeline import store
from eventlog.record import EventRecord
from eventlog.tests.detection.rules.scenes import event, failed, forget

WRITERS, BATCH, EVENTS = 8, 420, 10_000
Target = tuple[str, str]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget()
    yield
    forget()


def attack(number: int) -> tuple[Target, EventRecord]:
    """One of three kinds from one of ten addresses, or a password tried at one of ten accounts."""
    kind, who = number % 4, number // 4 % 10
    address, moment = f"45.155.{kind}.{who}", number / 20
    if kind == 3:
        return ("brute_force", f"user:guru{who}"), failed(moment, f"guru{who}", address)
    name = ("sql_injection", "xss", "scanner")[kind]
    columns = {"severity": "medium", "request_path": "/cari", "ip_address": address}
    return (name, f"ip:{address}"), event(name.upper(), moment, **columns)


def write(own: list[bytes], start: Barrier) -> None:
    start.wait()
    try:
        for begin in range(0, len(own), BATCH):
            batch = own[begin : begin + BATCH]
            store.write(store.Batch(batch))
            hand_on(judge([of_record(orjson.loads(line)) for line in batch], "default"))
    finally:
        connections.close_all()


def test_ten_thousand_events_of_eight_writers_open_one_alert_of_each_rule_and_target(transactional_db: None) -> None:
    attacks = [attack(number) for number in range(EVENTS)]
    Random(8).shuffle(attacks)  # so that each writer has some of all
    lines, start = [record.to_json() for _target, record in attacks], Barrier(WRITERS)
    threads = [Thread(target=write, args=(lines[number::WRITERS], start)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alerts = [((each.rule, each.target), each.event_count) for each in Alert.objects.all()]
    assert sorted(alerts) == sorted(Counter(target for target, _record in attacks).items())
