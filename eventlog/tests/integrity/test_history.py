"""The life of a hundred thousand events, with all that the event log itself does to them: it stays valid."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Q

from eventlog.conf import conf
from eventlog.integrity import checkpoints
from eventlog.logger import log_event
from eventlog.models import DeadLetter, Event
from eventlog.pipeline import drain, refused, store, writer
from eventlog.retention import archive, cleanup, partitions
from eventlog.retention.periods import Month
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import KEY, OTHER_KEY, checkpoint, event, outside, signing
from eventlog.tests.pipeline.test_store import poisoned
from eventlog.tests.retention.archives import noon, restored
from eventlog.tests.retention.conftest import folder

__all__ = ["folder", "outside", "signing"]
pytestmark = pytest.mark.django_db(transaction=True)
NEW, OF_TWO_MONTHS, OF_A_DROPPED_MONTH = 92_000, 6_000, 2_000
OF_A_PERSON = 200  # of those that are new, and of those of two months: what she did, and what is about her
USER, RECORD = 4711, "17"
DID = {"user_id": USER, "username": "ayu.lestari", "ip_address": "203.0.113.77"}
ABOUT_HER = {"entity_type": "siswa", "entity_id": RECORD, "entity_name": "Ayu Lestari", "username": "guru"}
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


def with_a_person(number: int, moment: datetime) -> Iterator[bytes]:
    yield from many(OF_A_PERSON, moment, **DID)
    yield from many(OF_A_PERSON, moment, **ABOUT_HER)
    yield from many(number - 2 * OF_A_PERSON, moment)


def fill() -> None:
    """A third of what is two months old is of a category that goes sooner."""
    partitions.with_short_locks("default", partitions.attach, OLD)
    old = [*with_a_person(OF_TWO_MONTHS * 2 // 3, noon(60)), *many(OF_TWO_MONTHS // 3, noon(60), event_category="AUTH")]
    records = [*many(OF_A_DROPPED_MONTH, noon(200)), *old, *with_a_person(NEW, noon(1))]
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


def erase_a_person(settings: Change) -> None:
    """What she did, and what is about her, in the table and in the archive."""
    for about in (["--user", str(USER)], ["--entity", "siswa", RECORD]):
        said = told("eventlog_subject", "erase", *about, "--yes", "--json")
        assert (said["events"], said["archive"]) == (2 * OF_A_PERSON, OF_A_PERSON)
    assert not Event.objects.filter(Q(user_id=USER) | Q(entity_type="siswa", entity_id=RECORD)).exists()


def put_a_backup_back(settings: Change) -> None:
    """Of what she did: it is erased again."""
    hers = Event.objects.filter(erased_at__isnull=False, actor_salt__isnull=True)
    with altering():
        assert hers.update(username=DID["username"], user_id=USER, actor_salt=b"\1" * 16) == 2 * OF_A_PERSON
    assert told("eventlog_subject", "replay", "--json")["parts"] == 2 * OF_A_PERSON
    assert not Event.objects.filter(user_id=USER).exists()


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
    erase_a_person,
    put_a_backup_back,
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
    said = told("eventlog_verify", "--json", "--archives", "--checkpoints", str(outside))
    assert said.items() >= {"verdict": "valid", "waiting": 0, "files": 2, "erased": 2 * 2 * OF_A_PERSON}.items()
    assert Event.objects.filter(timestamp__gte=noon(2)).count() > NEW


def told(*command: str) -> Any:
    said = StringIO()
    call_command(*command, stdout=said)
    return json.loads(said.getvalue())
