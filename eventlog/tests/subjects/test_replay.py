"""What was erased does not come back: neither from a file of before, nor with an old backup."""

import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from eventlog.models import Archive, EventMute, Removal, SubjectKey
from eventlog.tests.altering import altering
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import write
from eventlog.tests.privacy.keys import NEW, sensitive
from eventlog.tests.retention.archives import archived, remove_all, restored, verified
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import USER, USERNAME, dumped, stored, traces
from eventlog.tests.subjects.test_erase import erase, erase_both

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]
SAVED = ("events", "event_archives")


def back_up() -> None:
    with connection.cursor() as cursor:
        for table in SAVED:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS before_{table} AS TABLE {table}")


def put_back(*tables: str) -> None:
    """As an old backup does: what was written down since is not there."""
    with altering(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM before_{table}")
        for table in SAVED:
            cursor.execute(f"DROP TABLE before_{table}")


def test_a_file_of_before_brings_nothing_back(folder: Path, tmp_path: Path) -> None:
    stored(50)
    [made] = archived()
    shutil.copytree(folder, tmp_path / "old")
    back_up()
    erase_both()
    remove_all()
    put_back("event_archives")
    shutil.copytree(tmp_path / "old", folder, dirs_exist_ok=True)
    assert Archive.objects.get().path == made.path and restored()[0].added == len(scene.everything())
    assert traces(dumped()) == set() and verified().findings == ()


def replayed(*arguments: str) -> str:
    out = StringIO()
    call_command("eventlog_subject", "replay", *arguments, stdout=out)
    wait_for_others()
    return out.getvalue()


def test_a_backup_that_is_put_back_is_erased_again(folder: Path) -> None:
    User.objects.create_user(USERNAME, pk=USER)
    stored(50)
    archived()
    stored()
    back_up()
    erase_both()
    rewritten = Archive.objects.get().path
    with altering():
        Removal.objects.all().delete()
    put_back(*SAVED)
    EventMute.objects.create(rule="r", target=f"user:{USERNAME}")
    assert traces(dumped())
    assert "Erased again: " in replayed()
    assert traces(dumped()) == set() and Archive.objects.get().path == rewritten
    assert {each.verdict for each in verified().findings} == {"missing"}  # what came after the backup
    assert replayed().startswith("Erased again: 0 parts")


def test_a_ledger_that_somebody_has_written_is_refused(outside: Path) -> None:
    stored()
    erase("--user", USERNAME)
    ledger = outside / "erasures.ndjson"
    assert traces(ledger.read_text()) == set()
    ledger.write_text(ledger.read_text().replace('"part":"actor"', '"part":"subject"', 1))
    with pytest.raises(CommandError, match=r"no key of SIGNING_KEY has signed"):
        replayed("--ledger", str(ledger))


def test_keys_that_came_back_are_destroyed_again(signing: Callable[..., None]) -> None:
    signing(ENCRYPTION_KEYS=[NEW])
    write(sensitive(entity_type="siswa", entity_id=scene.RECORD))
    before = SubjectKey.objects.get()
    erase("--entity", "siswa", scene.RECORD)
    SubjectKey.objects.all().delete()
    before.save(force_insert=True)
    replayed()
    left = SubjectKey.objects.get(pk=before.pk)
    assert (left.wrapped, left.entity_id) == (None, "") and left.destroyed_at is not None


def test_a_key_is_not_destroyed_because_somebody_has_written_so(signing: Callable[..., None], outside: Path) -> None:
    signing(ENCRYPTION_KEYS=[NEW])
    write(sensitive())
    key = SubjectKey.objects.get()
    outside.mkdir()
    ledger = outside / "erasures.ndjson"
    ledger.write_text(f'{{"id":"{key.pk}","kind":"key","signature":"{"00" * 64}"}}\n')
    with pytest.raises(CommandError, match="no key of SIGNING_KEY has signed"):
        replayed()
    assert SubjectKey.objects.get().wrapped


def test_a_ledger_of_before_leads_to_no_file_of_before(folder: Path, outside: Path) -> None:
    stored(50)
    archived()
    erase("--entity", "siswa", scene.RECORD)
    ledger = outside / "erasures.ndjson"
    early = ledger.read_text()
    erase("--user", USERNAME)
    (outside / "early.ndjson").write_text(early)
    replayed("--ledger", str(outside / "early.ndjson"))
    assert Archive.objects.get().path.endswith(".r2.parquet")


def test_an_account_is_told_again_when_the_secret_key_is_another(settings: Settings) -> None:
    User.objects.create_user(USERNAME, pk=USER)
    erase("--user", USERNAME)
    EventMute.objects.create(rule="r", target=f"user:{USERNAME}")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    replayed()
    assert USERNAME not in EventMute.objects.get().target
