"""The life of a hundred thousand events, with all that the event log itself does to them: it stays valid."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from eventlog.conf import conf
from eventlog.integrity import checkpoints
from eventlog.logger import log_event
from eventlog.models import DeadLetter, Event
from eventlog.pipeline import drain, refused, store, writer
from eventlog.retention import archive, cleanup, partitions
from eventlog.retention.periods import Month
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import KEY, OTHER_KEY, checkpoint, event, outside, signing
from eventlog.tests.pipeline.test_store import poisoned
from eventlog.tests.retention.archives import noon, restored
from eventlog.tests.retention.conftest import folder

__all__ = ["folder", "outside", "signing"]
pytestmark = pytest.mark.django_db(transaction=True)
NEW, OF_TWO_MONTHS, OF_A_DROPPED_MONTH = 92_000, 6_000, 2_000
OF_ITS_TIME = OF_A_DROPPED_MONTH + OF_TWO_MONTHS // 3  # what retention takes
OLD = Month.of(noon(200))
BATCH = 1_000
ID = slice(7, 43)  # of a record's JSON
Step = Callable[[Change], None]


# --- what is stored ---
def many(number: int, moment: datetime, **columns: Any) -> Iterator[bytes]:
    """Events of one kind and one moment, with ids of their own, as quickly as text can be put together."""
    record = event(timestamp=moment, **columns)
    before, after = record[: ID.stop - 12], record[ID.stop :]
    return (before + b"%012x" % place + after for place in range(number))


def fill() -> None:
    """A third of what is two months old is of a category that goes sooner."""
    partitions.with_short_locks("default", partitions.attach, OLD)
    old = [*many(OF_TWO_MONTHS * 2 // 3, noon(60)), *many(OF_TWO_MONTHS // 3, noon(60), event_category="AUTH")]
    records = [*many(OF_A_DROPPED_MONTH, noon(200)), *old, *many(NEW, noon(1))]
    for begin in range(0, len(records), BATCH):
        store.write(store.Batch(records[begin : begin + BATCH]))


# --- what becomes of it ---
def archive_it(settings: Change) -> None:
    assert sum(step.archive.row_count for step in archive.run()) == OF_TWO_MONTHS + OF_A_DROPPED_MONTH


def remove_what_is_old(settings: Change) -> None:
    """A whole month, and of another one a category, in batches."""
    removed = list(cleanup.clean_up())
    assert {each.partition: each.rows for each in removed if each.partition} == {OLD.table: OF_A_DROPPED_MONTH}
    assert sum(each.rows for each in removed) == OF_ITS_TIME


def remove_it_again(settings: Change) -> None:
    assert sum(each.rows for each in cleanup.clean_up()) == OF_ITS_TIME


def restore_it(settings: Change) -> None:
    assert sum(each.added for each in restored()) == OF_ITS_TIME


def replay_a_segment(settings: Change) -> None:
    """It is found again after it was stored."""
    settings(PIPELINE="direct")
    for _ in range(50):
        log_event("LOGIN")
    kept = {path: path.read_bytes() for path in conf.SPOOL_DIR.iterdir()}
    writer.stop()
    for path, content in kept.items():
        path.write_bytes(content)
    assert kept and drain.drain().events == 0 and not any(path.exists() for path in kept)
    writer.stop()
    settings(PIPELINE="sync")
    assert Event.objects.filter(event_type="LOGIN").count() == 50


def retry_a_dead_letter(settings: Change) -> None:
    store.write(store.Batch([event(), poisoned(username="x" * 200)]))
    assert refused.retry(DeadLetter.objects.get().pk, {"username": "ani"}, by=None).events == 1


def take_another_key(settings: Change) -> None:
    settings(SIGNING_KEY=[OTHER_KEY, KEY])


STEPS: tuple[Step, ...] = (
    archive_it,
    remove_what_is_old,
    restore_it,
    replay_a_segment,
    retry_a_dead_letter,
    take_another_key,
    remove_it_again,
)


def test_whatever_the_event_log_does_to_a_hundred_thousand_events_they_stay_valid(
    signing: Change, folder: Path, outside: Path
) -> None:
    signing(RETENTION_DAYS_BY_CATEGORY={"AUTH": 45})
    fill()
    checkpoint()
    for step in STEPS:
        step(signing)
        checkpoints.make(using="default")
    checkpoint()
    assert verified(outside) >= {"verdict": "valid", "waiting": 0, "files": 2}.items()
    assert Event.objects.filter(timestamp__gte=noon(2)).count() > NEW


def verified(outside: Path) -> Any:
    said = StringIO()
    call_command("eventlog_verify", "--json", "--archives", "--checkpoints", str(outside), stdout=said)
    return json.loads(said.getvalue()).items()
