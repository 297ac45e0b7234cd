"""The accounts hold: recorded = stored + waiting + dead + dropped + duplicates, and what they lack is lost."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventlog import catalog
from eventlog.conf import conf
from eventlog.models import EventBatch
from eventlog.pipeline import outbox, segments, store, writer
from eventlog.pipeline.accounts import Accounts, accounts, of_other_databases
from eventlog.pipeline.databases import Database
from eventlog.pipeline.segments import File
from eventlog.record import make_record
from eventlog.tests.altering import altering

pytestmark = pytest.mark.django_db
OTHER = uuid.uuid4().hex  # the writer of another process

NOTHING = Accounts(recorded=0, stored=0, waiting_journal=0, waiting_outbox=0, dead=0, dropped=0, duplicates=0)


def records(count: int) -> list[bytes]:
    return [make_record(catalog.MAINTENANCE, {}).to_json() for _ in range(count)]


def stored(first: int, last: int, *, missing: int = 0, writer_id: str = OTHER) -> store.Stored:
    """Another process has stored its segment `first` to `last`, of which `missing` were not in it."""
    kept = records(last - first + 1 - missing)
    return store.write(store.Batch(kept, writer=writer_id, first_sequence=first, last_sequence=last))


def on_disk(first: int, numbers: list[int], *, ending: str = "journal", database: str = "") -> Path:
    """A segment of another process, with these numbers in it."""
    database = database or Database.now().identity
    conf.SPOOL_DIR.mkdir(parents=True, exist_ok=True)
    path = conf.SPOOL_DIR / f"{database}.{OTHER}.999999.{first:012d}.{ending}"
    path.write_bytes(b"".join(segments.line(OTHER, number, records(1)[0]) for number in numbers))
    return path


def told(**expected: int) -> None:
    """The accounts are these, 0 where nothing is said."""
    now = accounts()
    lost = expected.pop("lost", 0)
    assert (now, now.lost) == (Accounts(**{**dict.fromkeys(Accounts.__slots__, 0), **expected}), lost)


def test_an_empty_log_adds_up() -> None:
    assert accounts() == NOTHING and NOTHING.lost == 0


def test_events_stored_at_once_are_recorded_and_stored() -> None:
    store.write(store.Batch(records(3)))
    told(recorded=3, stored=3)


def test_the_segments_of_a_writer_follow_each_other() -> None:
    stored(1, 4)
    stored(5, 5)
    told(recorded=5, stored=5)


def test_writers_are_added() -> None:
    stored(1, 4)
    stored(1, 2, writer_id=uuid.uuid4().hex)
    told(recorded=6, stored=6)


def test_a_segment_on_disk_waits() -> None:
    stored(1, 4)
    on_disk(5, [5, 6, 7])
    told(recorded=7, stored=4, waiting_journal=3)


def test_a_segment_of_a_process_that_ended_in_order_waits_too() -> None:
    on_disk(1, [1, 2], ending="closed")
    told(recorded=2, waiting_journal=2)


def test_a_segment_that_is_stored_but_not_yet_unlinked_does_not_wait() -> None:
    stored(1, 3)
    on_disk(1, [1, 2, 3])
    told(recorded=3, stored=3)


def test_a_segment_that_goes_away_while_it_is_read_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = on_disk(1, [1])
    monkeypatch.setattr(segments, "files", lambda directory: [File.named(listed)])
    listed.unlink()
    told()


def test_a_segment_that_is_left_while_it_is_read_still_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = on_disk(1, [1])
    monkeypatch.setattr(segments, "files", lambda directory: [File.named(listed)])
    listed.rename(listed.with_suffix(".closed"))
    told(recorded=1, waiting_journal=1)


def test_a_segment_of_another_database_is_not_counted_but_told(monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk(1, [1], database="ffffffff")
    on_disk(2, [2], database="ffffffff")
    on_disk(1, [1, 2])
    told(recorded=2, waiting_journal=2)
    assert of_other_databases() == {"ffffffff": 2}


def test_a_torn_line_at_the_end_was_never_recorded() -> None:
    path = on_disk(1, [1, 2])
    path.write_bytes(path.read_bytes()[:-5])
    told(recorded=1, waiting_journal=1)


def test_an_empty_segment_says_nothing() -> None:
    on_disk(1, [])
    told()


def test_numbers_that_a_waiting_segment_lacks_are_dropped() -> None:
    on_disk(1, [1, 2, 5])
    told(recorded=5, waiting_journal=3, dropped=2)


def test_numbers_that_a_stored_segment_lacks_are_dropped() -> None:
    stored(1, 5, missing=2)
    told(recorded=5, stored=3, dropped=2)


def test_numbers_between_batches_are_lost() -> None:
    stored(1, 3)
    stored(6, 7)
    told(recorded=7, stored=5, lost=2)


def test_a_first_segment_that_is_gone_is_lost() -> None:
    on_disk(4, [4, 5])
    told(recorded=5, waiting_journal=2, lost=3)


def test_numbers_between_a_batch_and_the_disk_are_lost() -> None:
    stored(1, 3)
    on_disk(6, [6])
    told(recorded=6, stored=3, waiting_journal=1, lost=2)


def test_a_refused_event_is_dead() -> None:
    bad = make_record(catalog.MAINTENANCE, {}).to_json().replace(b'"MAINTENANCE"', b'"%s"' % (b"X" * 200))
    store.write(store.Batch([*records(1), bad], writer=OTHER, first_sequence=1, last_sequence=2))
    told(recorded=2, stored=1, dead=1)


def test_an_event_told_twice_is_a_duplicate() -> None:
    again = records(2)
    store.write(store.Batch(again, writer=OTHER, first_sequence=1, last_sequence=2))
    store.write(store.Batch(again, writer=OTHER, first_sequence=3, last_sequence=4))
    told(recorded=4, stored=2, duplicates=2)


def test_the_outbox_waits_until_it_is_stored() -> None:
    for _ in range(2):
        outbox.put(make_record("SISWA_CREATE", {}), connection)
    told(recorded=2, waiting_outbox=2)
    store.write(store.Batch(claim_outbox=True))
    told(recorded=2, stored=2)


def test_a_row_of_the_outbox_that_a_batch_does_not_account_for_is_lost() -> None:
    outbox.put(make_record("SISWA_CREATE", {}), connection)
    store.write(store.Batch(claim_outbox=True))
    with altering():
        EventBatch.objects.update(event_count=0)
    told(recorded=1, lost=1)


def test_what_this_process_has_not_stored_waits() -> None:
    own = writer.current().journal
    for record in records(3):
        own.append(record)
    told(recorded=3, waiting_journal=3)


def test_what_this_process_has_stored_does_not() -> None:
    own = writer.current().journal
    for record in records(3):
        own.append(record)
    own.cut()
    for segment in own.closed:
        writer.store_segment(segment)
    own.append(*records(1))
    told(recorded=4, stored=3, waiting_journal=1)


def test_own_segments_keep_their_lock() -> None:
    own = writer.current().journal
    own.append(*records(1))
    accounts()
    assert own.segment is not None and own.segment.path is not None
    assert is_locked_for_others(own.segment.path)


def is_locked_for_others(path: Path) -> bool:
    """Asked in another process: one's own locks never stand in one's own way."""
    import subprocess
    import sys

    code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    return subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True).returncode != 0


def test_many_batches_are_added_in_one_query() -> None:
    for number in range(1, 31):
        stored(number, number)
    on_disk(31, [31])
    with CaptureQueriesContext(connection) as captured:
        told(recorded=31, stored=30, waiting_journal=1)
    assert len(captured) == 1


def test_the_real_pipeline_adds_up(direct: Callable[[], None]) -> None:
    from eventlog.logger import log_event

    for _ in range(5):
        log_event(catalog.MAINTENANCE)
    assert accounts().recorded >= 5 and accounts().lost == 0
    direct()
    told(recorded=5, stored=5)


def test_accounts_are_plain_numbers() -> None:
    stored(1, 2)
    values: list[Any] = [getattr(accounts(), name) for name in Accounts.__slots__]
    assert json.loads(json.dumps(values)) == values
