"""The verification that runs by itself: in rounds, and what it finds is told once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventlog import tasks
from eventlog.alerts.wording import explanation
from eventlog.integrity import rounds
from eventlog.models import Alert, Archive, Event, EventSweep, Removal
from eventlog.retention import archive
from eventlog.retention.shelf import Shelf
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import checkpoint, event, id_of, write
from eventlog.tests.retention.archives import archived, old_event, stored
from eventlog.tests.retention.conftest import folder

__all__ = ["folder"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]


def run(seconds: float = 60) -> dict[str, object]:
    """What a run says of itself."""
    rounds.go_on(seconds=seconds, using="default")
    return dict(Event.objects.filter(event_type="EVENTS_VERIFIED").newest_first()[0].event_data)


def alter(record: bytes) -> None:
    with altering():
        Event.objects.filter(id=id_of(record)).update(reason="another")


def tampering() -> list[object]:
    return [each.event_data["found"]["what"] for each in Event.objects.filter(event_type="TAMPERING")]


def test_the_last_verification_is_an_event_with_its_counts() -> None:
    write(event(), event())
    checkpoint()
    said = run()
    assert {name: said[name] for name in ("verdict", "events", "batches", "entries", "checkpoints", "is_whole")} == {
        "verdict": "valid",
        "events": 2,
        "batches": 1,
        "entries": 1,
        "checkpoints": 2,  # the other one is outside
        "is_whole": True,
    }


def test_what_was_altered_is_named_and_opens_an_alert() -> None:
    record = event()
    write(record)
    alter(record)
    assert tasks.verify() == "modified"
    alert = Alert.objects.get()
    assert (alert.rule, alert.severity, alert.first_event) == ("tampering", "critical", id_of(record))
    assert tampering() == [f"event {id_of(record)}"]
    assert f"(modified: event {id_of(record)})" in explanation(alert)


def test_what_is_found_again_is_told_once() -> None:
    record = event()
    write(record)
    alter(record)
    assert [run()["new"] for _ in range(3)] == [1, 0, 0]
    assert len(tampering()) == 1 and Alert.objects.get().finding_count == 1


def test_what_somebody_has_closed_stays_closed() -> None:
    record = event()
    write(record)
    alter(record)
    run()
    Alert.objects.update(state="resolved")
    run()
    assert Alert.objects.get().state == "resolved"


def test_the_next_run_goes_on_and_after_the_last_part_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BATCHES_AT_ONCE", 2)
    for _ in range(3):
        write(event())
    runs = [run(seconds=0) for _ in range(4)]  # each is a batch more
    assert [(each["batches"], each["is_whole"]) for each in runs] == [(2, False), (2, False), (1, True), (2, False)]


def test_who_is_overtaken_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BATCHES_AT_ONCE", 1)
    for _ in range(3):
        write(event())
    check = rounds.checking.check

    def overtaken(*args: object, **options: object) -> object:
        EventSweep.objects.update(place="00000000-0000-0000-0000-000000000001")
        return check(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds.checking, "check", overtaken)
    assert run()["batches"] == 1


# --- the archive ---
@pytest.fixture
def files(folder: Path) -> list[Path]:
    """Three, the oldest day first."""
    stored(*(old_event(days_ago) for days_ago in (50, 49, 48)))
    return [folder / each.path for each in archived()]


def test_files_have_their_turns_the_one_of_the_longest_ago_first(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "FILES_AT_ONCE", 2)
    for path in files:
        path.unlink()
    named = [f"archive file {'/'.join(path.parts[-4:])}" for path in files]
    assert run()["files"] == 2 and set(tampering()) == set(named[:2])
    assert run()["files"] == 2 and set(tampering()) == set(named)


def test_without_time_one_has_its_turn(files: list[Path]) -> None:
    assert [run(seconds=0)["files"] for _ in range(4)] == [1, 1, 1, 1]
    assert Archive.objects.turns()["waiting"] == 0


def test_a_file_of_which_the_row_is_gone_is_missed_each_night(files: list[Path]) -> None:
    Archive.objects.all().delete()
    assert run()["verdict"] == "missing"
    assert len(tampering()) == 3


def test_an_event_in_a_file_that_was_altered_is_told(files: list[Path]) -> None:
    alter_file(files[0])
    assert run()["verdict"] == "modified"
    assert {str(what).split()[0] for what in tampering()} == {"event", "removal"}


def alter_file(path: Path) -> None:
    """With its row, and what the log says of it."""
    table = pq.read_table(path, partitioning=None)
    place = table.schema.get_field_index("username")
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array(["budi"])), path)
    one = Archive.objects.get(path__endswith=path.name)
    one.sha256, _size = archive.shelf().sum(one.path)
    one.save()
    with altering():
        Removal.objects.filter(facts__made=str(one.pk)).update(facts={"made": str(one.pk), **archive.facts(one)})


def test_an_archive_that_cannot_be_used_is_no_tampering_but_an_error(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise TimeoutError("the bucket does not answer")

    monkeypatch.setattr(Shelf, "sum", refuse)
    with pytest.raises(TimeoutError):
        run()
    assert Event.objects.get(event_type="EVENTS_VERIFIED").event_data["verdict"] == "valid"
    monkeypatch.undo()
    assert Archive.objects.turns()["waiting"] == 2  # it keeps the others not from theirs


def test_without_an_archive_none_is_looked_for(files: list[Path], event_log: Change) -> None:
    event_log(ARCHIVE_DIR="")
    assert (run()["files"], tampering()) == (0, [])


def test_of_very_many_findings_some_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_TOLD", 2)
    write(*(event() for _ in range(5)))
    with altering():
        Event.objects.filter(event_type="MAINTENANCE").delete()
    assert (run()["findings"], len(tampering())) == (5, 2)
