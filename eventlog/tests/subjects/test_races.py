"""What happens while somebody is erased: holds, other processes, and what comes back meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connections, transaction

from eventlog.models import DeadLetter, Event, EventMute, Hold, OutboxEvent, SubjectRequest
from eventlog.pipeline import outbox, refused, store
from eventlog.record import make_record
from eventlog.retention import holds
from eventlog.subjects import archived, erase, settling, tables
from eventlog.subjects.holding import Held
from eventlog.subjects.person import Person
from eventlog.subjects.settling import Unsettled
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import write
from eventlog.tests.retention.archives import archived as make_archive
from eventlog.tests.retention.archives import remove_all, restored, verified
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import USERNAME, dumped, stored, traces
from eventlog.tests.subjects.test_erase import erase as erase_by_command
from eventlog.tests.subjects.test_erase import erase_both

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, owner: Any, step: str, work: Callable[[], Any]) -> Iterator[None]:
    """Something happens right before a step, once."""
    original, todo = getattr(owner, step), [work]

    def after(*args: Any, **kwargs: Any) -> Any:
        if todo:
            todo.pop()()
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, after)
        yield
    assert not todo


def confirmed() -> SubjectRequest:
    return SubjectRequest.objects.create(kind="erase", state="confirmed", username=USERNAME, asked_by="her mother")


# --- two at once ---
def test_who_comes_later_goes_by_what_the_first_has_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    asked = confirmed()

    def first() -> None:
        run = erase.run(SubjectRequest.objects.get(pk=asked.pk))
        assert any(step.where == "events" and step.rows for step in run)  # and is killed then

    with meanwhile(monkeypatch, erase, "written_down", first):
        assert erase.carry_out(asked)
    assert SubjectRequest.objects.get().state == "done"
    assert USERNAME not in dumped().lower() and scene.ADDRESS not in dumped()


def test_who_comes_when_it_is_done_writes_nothing_down() -> None:
    stored()
    late = confirmed()
    assert erase.carry_out(SubjectRequest.objects.get(pk=late.pk)) and erase.carry_out(late)
    left = SubjectRequest.objects.get()
    assert (left.state, left.plan, left.username) == ("done", None, "")


# --- holds ---
def test_a_hold_about_what_is_in_the_archive_alone_stops_all_before_anything_is_touched() -> None:
    stored(50)
    make_archive()
    remove_all()
    stored()
    holds.place(
        Hold(request_id="login-1", end=Event.objects.earliest("timestamp").timestamp, reason="Letter"), by="boss"
    )
    with pytest.raises(CommandError, match="is in force"):
        erase_by_command("--user", USERNAME)
    assert not Event.objects.exclude(erased_at=None).exists() and SubjectRequest.objects.get().plan is None


@pytest.mark.parametrize(("owner", "step"), [(archived, "in_file"), (tables, "user_days"), (erase, "destroy")])
def test_a_hold_that_is_placed_meanwhile_stops_the_next_step(
    owner: Any, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(50)
    make_archive()
    stored()
    EventMute.objects.create(rule="r", target=f"user:{USERNAME}")
    hold = Hold(username=USERNAME, reason=f"Letter about {scene.NAME}")
    before = {"in_file": tables, "user_days": erase, "destroy": erase}[step]
    following = {"in_file": "user_days", "user_days": "destroy", "destroy": "finish"}[step]
    reached: list[str] = []
    monkeypatch.setattr(before, following, lambda *args, **kwargs: reached.append(following) or 0)
    with meanwhile(monkeypatch, owner, step, lambda: holds.place(hold, by="boss")), pytest.raises(CommandError):
        erase_by_command("--user", USERNAME)
    hold.refresh_from_db()
    assert not reached and hold.username == USERNAME


def test_a_hold_in_force_keeps_what_it_is_about_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    hold = Hold(username=USERNAME, reason=f"Letter about {scene.NAME}")
    with meanwhile(monkeypatch, tables, "in_place", lambda: holds.place(hold, by="boss")), pytest.raises(CommandError):
        erase_by_command("--user", USERNAME)
    hold.refresh_from_db()
    assert hold.username == USERNAME
    holds.lift(hold, reason="over", by="boss")
    erase_both()
    assert traces(dumped()) == set()


# --- what comes back ---
def test_what_was_restored_meanwhile_is_erased_too(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    stored(50)
    make_archive()
    remove_all()
    with meanwhile(monkeypatch, archived, "in_file", restored):
        erase_by_command("--user", USERNAME)
    erase_by_command("--entity", "siswa", scene.RECORD)
    assert Event.objects.filter(event_type="LOGIN").exists() and traces(dumped()) == set()
    assert verified().findings == ()


def test_who_has_begun_to_restore_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(50)
    make_archive()
    remove_all()
    found, request = list[str](), confirmed()

    def put_back() -> None:
        person = Person(user_id=scene.USER, usernames=(USERNAME,))
        list(erase.put_back(person, request.pk, "default"))
        found.extend(Event.objects.values_list("username", flat=True))
        connections.close_all()

    thread = Thread(target=put_back)
    with transaction.atomic():
        restored()
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(60)
    assert found and USERNAME not in found


def test_a_refused_event_that_is_stored_meanwhile_is_stored_without_the_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored()
    bad = scene.made("LOGIN", None, username=USERNAME, user_id=scene.USER, error_code="bad").replace(
        b'"severity":"info"', b'"severity":"odd"'
    )
    store.write(store.Batch([bad]))
    wait_for_others()

    def retry() -> None:
        refused.retry(DeadLetter.objects.get().pk, {"severity": "info"}, by=None)

    with meanwhile(monkeypatch, archived, "files", retry):
        erase_both()
    assert Event.objects.get(error_code="bad").username == "" and traces(dumped()) == set()


def test_what_somebody_is_storing_is_waited_for(direct: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "PATIENCE", -10.0)
    with transaction.atomic():
        outbox.put(make_record("LOGIN", {"username": USERNAME}), connections["default"])
    released, claimed = [], []

    def storing() -> None:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            claimed.extend(outbox.claim(cursor, 10))
            while not released:
                cursor.execute("SELECT pg_sleep(0.05)")
        connections.close_all()

    thread = Thread(target=storing)
    thread.start()
    while not claimed:
        thread.join(0.05)
    try:
        with pytest.raises(Unsettled, match="the outbox has events"):
            settling.settle()
    finally:
        released.append(True)
        thread.join()
    settling.settle()
    assert not OutboxEvent.objects.exists()


# --- the end ---
def test_it_is_not_done_before_the_ledger_is_outside(outside: Path, signing: Any, tmp_path: Path) -> None:
    stored()
    (tmp_path / "file").touch()
    signing(CHECKPOINT_DIR=tmp_path / "file")
    asked = confirmed()
    assert not erase.carry_out(asked)
    waiting = SubjectRequest.objects.get()
    assert waiting.state == "confirmed" and waiting.reason
    signing(CHECKPOINT_DIR=outside)
    assert erase.carry_out(asked) and '"kind":"person"' in (outside / "erasures.ndjson").read_text()


def test_a_request_that_waits_for_its_confirmation_is_done_by_the_command() -> None:
    write(scene.made("LOGIN", None, username="ani"))
    asked = SubjectRequest.objects.create(kind="erase", username="Ani", asked_by="her mother", entered_by="one")
    erase_by_command("--user", "ani")
    done = SubjectRequest.objects.get()
    assert (done.pk, done.state, done.username) == (asked.pk, "done", "") and done.decided_by


def test_a_hold_is_named_by_its_number() -> None:
    assert "hold 3, 7 is in force" in str(Held({7, 3}))
