"""A person is taken out of everything, and what happened stays provable."""

from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from eventlog.columns import CLEANERS
from eventlog.integrity import archives
from eventlog.logger import record_event
from eventlog.models import Event, Hold, Removal, Rollup, SubjectKey, SubjectRequest
from eventlog.retention import holds
from eventlog.tests.altering import altering
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import KEY, checkpoint, write
from eventlog.tests.retention.archives import archived, remove_all, restored, verified
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import USERNAME, dumped, facts, in_files, in_spool, stored, traces

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def erase(*about: str) -> str:
    out = StringIO()
    call_command("eventlog_subject", "erase", *about, "--yes", stdout=out)
    wait_for_others()
    return out.getvalue()


def erase_both() -> None:
    erase("--entity", "siswa", scene.RECORD)
    erase("--user", USERNAME)


def totals() -> Any:
    return list(
        Rollup.objects.exclude(event_type="SUBJECT_ERASED")
        .values_list("event_type")
        .annotate(Sum("event_count"))
        .order_by("event_type")
    )


def test_nothing_of_the_person_is_left_and_everything_is_still_proven(folder: Path) -> None:
    stored(50)
    archived()
    stored()
    checkpoint()
    assert traces(dumped()) and traces(in_files(folder))
    before, counted = facts(), totals()
    erase_both()
    assert traces(dumped()) == set()
    assert traces(in_files(folder)) == set()
    assert facts()[: len(before)] == before and totals() == counted
    checkpoint()
    found = verified()
    assert found.findings == () and found.erased > 10


def test_what_is_others_stays_but_for_her_name() -> None:
    stored()
    erase_both()
    bulk = Event.objects.get(event_type="SISWA_BULK_UPDATE")
    assert bulk.username == "guru" and bulk.previous_values == {"kelas": {"4712": "X"}}
    assert bulk.event_data["keys"] == ["[erased]", "4712"] and bulk.event_data["n"] == 1.5
    imported = Event.objects.get(request_path="/api/siswa/import")
    assert imported.request_body == {"rows": ["[erased]", {"nama": scene.OTHER, "alamat": "Jalan Melati 3"}]}
    seen = Event.objects.get(request_path="/api/siswa/[erased]")
    assert (seen.username, seen.referrer) == ("guru", "/siswa/[erased]/?q=1")
    assert Event.objects.get(entity_id="4712").entity_name == scene.OTHER


def test_a_mistyped_name_is_told() -> None:
    stored()
    assert "Nothing was found" in erase("--entity", "sisva", scene.RECORD)
    assert "Nothing was found" not in erase("--entity", "siswa", scene.RECORD)


def test_who_changed_her_record_is_still_known() -> None:
    stored()
    erase_both()
    created = Event.objects.get(event_type="SISWA_CREATE")
    assert (created.username, created.user_id, created.action) == ("guru", 702, "CREATE")
    assert (created.entity_id, created.new_values, created.search_text) == ("", None, "")
    assert created.subject_salt is None and created.actor_salt is not None and created.erased_at is not None


def test_a_namesake_is_not_touched() -> None:
    stored()
    write(scene.made("SISWA_UPDATE", None, entity_type="siswa", entity_id="9", entity_name=scene.NAME))
    erase("--entity", "siswa", scene.RECORD)
    assert Event.objects.get(entity_id="9").entity_name == scene.NAME


def test_who_guesses_at_her_account_is_not_taken_for_her() -> None:
    stored()
    enemy = {"ip_address": "6.6.6.6", "user_agent": "hydra"}
    write(*(scene.made("LOGIN_FAILED", None, username=name, **enemy) for name in (USERNAME, "budi")))
    write(scene.made("HTTP_REQUEST", None, request_path="/wp-login.php", **enemy))
    erase("--user", USERNAME)
    assert set(Event.objects.filter(ip_address="6.6.6.6").values_list("username", flat=True)) == {"budi", ""}


def test_a_name_that_another_account_has_now_stays_its() -> None:
    stored()
    write(scene.made("LOGOUT", None, user_id=scene.USER + 9, username=USERNAME))
    erase("--user", str(scene.USER))
    assert Event.objects.get(user_id=scene.USER + 9).username == USERNAME


def test_twice_is_once_and_what_comes_later_stays() -> None:
    stored()
    erase_both()
    ledger = Removal.objects.filter(kind="erasure").count()
    erase_both()
    assert Removal.objects.filter(kind="erasure").count() == ledger
    write(scene.made("LOGIN", None, username=USERNAME))
    assert Event.objects.get(username=USERNAME).erased_at is None and verified().findings == ()


def test_neither_the_ledger_nor_the_request_nor_the_event_names_anybody() -> None:
    stored()
    erase_both()
    told = [str(row) for model in (Removal, SubjectRequest) for row in model.objects.values()]
    assert traces("\n".join(told)) == set()
    events = Event.objects.filter(event_type="SUBJECT_ERASED")
    assert {each.entity_id for each in events} == {str(each.pk) for each in SubjectRequest.objects.all()}
    assert SubjectRequest.objects.get(pk=events[0].entity_id).state == "done"


@pytest.mark.parametrize(
    "change",
    [
        "username = 'somebody'",  # in a part that was erased
        "request_path = '/other'",  # in one from which something was struck
        "subject_salt = NULL, erased_at = now(), entity_name = '', event_name = '', event_data = '{}'",  # not erased
    ],
)
def test_a_change_that_the_ledger_does_not_explain_is_found(change: str) -> None:
    stored()
    write(scene.made("SISWA_UPDATE", None, entity_type="siswa", entity_id="5"))
    erase_both()
    wheres = {"u": "request_path = '' AND event_type = 'LOGIN'", "r": "request_path = '/api/siswa/[erased]'"}
    with altering(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE events SET {change} WHERE {wheres.get(change[0], 'entity_id = $$5$$')}")
        assert cursor.rowcount == 1
    assert verified().verdict == "modified"


# --- what refuses it ---
@pytest.mark.parametrize(
    "about", [{"username": USERNAME}, {"entity_type": "siswa", "entity_id": scene.RECORD}, {"request_id": "create-1"}]
)
def test_a_hold_is_named_and_nothing_is_erased(about: dict[str, str]) -> None:
    stored()
    held = Hold(reason="Letter 12", **about)
    holds.place(held, by="boss")
    before = dumped()
    with pytest.raises(CommandError, match=f"hold {held.pk} is in force"):
        erase_both()
    assert traces(before) == traces(dumped()) and not Event.objects.exclude(erased_at=None).exists()
    holds.lift(held, reason="over", by="boss")
    erase_both()
    assert traces(dumped()) == set()


def test_without_a_yes_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("eventlog_subject", "erase", "--user", USERNAME)
    assert not SubjectRequest.objects.exists()


# --- the archive ---
def test_a_file_that_was_written_anew_is_proven_and_comes_back_without_her(folder: Path) -> None:
    stored(50)
    [made] = archived()
    erase_both()
    [path] = folder.rglob("*.parquet")
    assert path.name == f"{made.pk}.r2.parquet"
    assert [each.findings for each in archives.check(using="default")] == [(), ()]
    remove_all()
    assert restored()[0].added == len(scene.everything())
    assert traces(dumped()) == set() and verified().findings == ()


def test_a_table_that_was_restored_is_erased_too() -> None:
    stored(50)
    archived()
    restored(table="event_audit")
    erase_both()
    text = dumped()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE event_audit")
    assert "event_audit" in text and traces(text) == set()


# --- what is not in the table yet ---
def test_what_waits_is_stored_and_erased(direct: Any, tmp_path: Path) -> None:
    for record in scene.own(None)[:3]:  # who is nobody here is the system's user
        columns = orjson.loads(record)
        columns = {name: columns[name] for name in columns.keys() & CLEANERS.keys()}
        record_event("LOGIN", columns)
    assert traces(in_spool(tmp_path / "spool"))
    erase("--user", USERNAME)
    assert traces(in_spool(tmp_path / "spool")) == set()
    direct()
    assert traces(dumped()) == set()


def test_the_keys_of_the_person_are_destroyed(event_log: Any) -> None:
    event_log(ENCRYPTION_KEYS=[KEY])
    write(*(orjson.dumps({**orjson.loads(each), "is_sensitive": True}) for each in scene.everything()))
    assert SubjectKey.objects.in_use().filter(entity_type="siswa", entity_id=scene.RECORD).exists()
    erase_both()
    whose = set(SubjectKey.objects.in_use().values_list("entity_type", "entity_id"))
    assert not whose & {("siswa", scene.RECORD), ("user", str(scene.USER))}
    assert ("user", "702") in whose and verified().findings == ()
