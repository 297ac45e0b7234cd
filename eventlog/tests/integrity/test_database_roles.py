"""`docs/roles.sql`: as each of its roles the site does its work, and the database refuses everything else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from eventlog import checks, tasks
from eventlog.integrity import guards
from eventlog.logger import log_event
from eventlog.models import Alert, Archive, Checkpoint, Event, EventBatch, LogEntry, Removal, SubjectKey, SubjectRequest
from eventlog.pipeline import store
from eventlog.privacy.opening import open_event
from eventlog.retention import partitions
from eventlog.retention.periods import KINDS, Month
from eventlog.retention.restore import Wanted, restore
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import event, write
from eventlog.tests.privacy.keys import NEW, OLD, PLAIN, VALUES, name_of, sensitive

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]

SCRIPT = (Path(settings.BASE_DIR) / "docs" / "roles.sql").read_text()
NAMES = ("owner", "web", "worker", "console")
PASSWORD = "correct horse battery staple"
THIS = Month.of(timezone.now())
Acting = Callable[[str], Any]


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def refused(sql: str) -> bool:
    try:
        run(sql)
    except ProgrammingError as error:
        return getattr(error.__cause__, "pgcode", "") == "42501"  # insufficient_privilege: also the guards'
    return False


def owner_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relowner::regrole::text FROM pg_class WHERE oid = %s::regclass", [table])
        return str(cursor.fetchone()[0])


@pytest.fixture(scope="module")
def prefix(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The roles as the script makes them, under names of this database's own: roles are the whole server's."""
    prefix = f"{connection.settings_dict['NAME']}_"
    names = ", ".join(f"{prefix}{name}" for name in NAMES)
    with django_db_blocker.unblock():
        for _ in range(2):
            connection.cursor().execute(SCRIPT.replace("edupro_", prefix))
        yield prefix
        run(f"REASSIGN OWNED BY {names} TO CURRENT_USER; DROP OWNED BY {names}; DROP ROLE {names}")


@pytest.fixture
def acting_as(prefix: str) -> Acting:
    """A context in which each connection of this process, of whatever thread, is one of the role's."""

    @contextmanager
    def acting(name: str) -> Iterator[None]:
        def become(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION AUTHORIZATION {prefix}{name}")

        connection_created.connect(become)
        connection.close()
        try:
            yield
        finally:
            connection_created.disconnect(become)
            connection.close()

    return acting


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


# --- what each does ---
def test_the_web_serves_and_stores(acting_as: Acting, direct: Callable[[], None], ada: User) -> None:
    with acting_as("web"):
        answer = APIClient().post("/api/auth/login", {"username": "ada", "password": PASSWORD})
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
        assert api.post("/api/siswa", {"nis": "1", "nama": "Budi", "kelas": "X-1"}).status_code == 201
        direct()  # the journal's and the outbox's
        stored = Event.objects.get(event_type="SISWA_CREATE")
        assert api.get(f"/api/events/{stored.pk}/proof").status_code == 200
        assert Event.objects.filter(event_type="TOKEN_ISSUED", username="ada").exists()


def test_the_web_shows_the_admin(acting_as: Acting, direct: Callable[[], None], ada: User) -> None:
    stored = write(event()) and Event.objects.get(event_type="MAINTENANCE")
    with acting_as("web"):
        client = Client()
        assert client.login(username="ada", password=PASSWORD)
        for page in (
            "eventlog/event/",
            f"eventlog/event/{stored.pk}/change/",
            "eventlog/alert/",
            "eventlog/status/",
            "school/siswa/",
        ):
            assert client.get(f"/admin/{page}").status_code == 200
        direct()


def test_the_web_opens_alerts(acting_as: Acting, direct: Callable[[], None], event_log: Callable[..., None]) -> None:
    event_log(DETECT_BEHAVIOUR=True, FAILED_LOGIN_THRESHOLD=2)
    with acting_as("web"):
        for _ in range(3):
            APIClient().post("/api/auth/login", {"username": "ada", "password": "wrong"}, REMOTE_ADDR="203.0.113.7")
        direct()
    assert Alert.objects.filter(rule="brute_force").exists()


def test_the_worker_does_all_that_is_scheduled(acting_as: Acting) -> None:
    past, last = Month.of(timezone.now() - timedelta(days=200)), THIS.plus(KINDS["month"].ahead)
    old = timezone.now() - timedelta(days=100)
    write(event(timestamp=past.start), event(timestamp=old), event())
    partitions.with_short_locks("default", partitions.attach, past)
    run(f"DROP TABLE {last.table}")  # empty
    wait_for_others()
    with acting_as("worker"):
        assert tasks.make_partitions() == [last.table]
        tasks.clean_up()
        for task in (tasks.drain, tasks.compact_rollups, tasks.sweep_rules, tasks.forward, tasks.notify):
            task()
        tasks.thresholds()
        assert tasks.checkpoint() and Checkpoint.objects.exists() and LogEntry.objects.exists()
        assert tasks.verify() == "valid"
    assert Removal.objects.count() == 2 and not Event.objects.older_than(old + timedelta(days=1)).exists()
    assert owner_of(last.table) == owner_of("events")


def test_the_worker_archives_and_restores(acting_as: Acting, event_log: Callable[..., None], tmp_path: Path) -> None:
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    begin, end = timezone.now() - timedelta(days=50), timezone.now()
    write(event(timestamp=begin))
    wait_for_others()
    with acting_as("worker"):
        assert tasks.archive() == 1
        assert [each.added for each in restore(Wanted(begin, end, table="drill"))] == [1]
        assert [each.added for each in restore(Wanted(begin, end))] == [0]
    with acting_as("web"):
        assert refused("DELETE FROM event_archives") and refused("SELECT FROM drill")
    run("DROP TABLE drill")


def test_the_console_reads_the_log(acting_as: Acting) -> None:
    write(event(username="ani"))
    with acting_as("console"):
        assert Event.objects.values_list("username", flat=True).get() == "ani"
        assert EventBatch.objects.count() == 1


def test_the_owner_migrates(acting_as: Acting) -> None:
    with acting_as("owner"):
        call_command("migrate", "eventlog", verbosity=0)
        assert not refused("ALTER TABLE events ADD COLUMN more int; ALTER TABLE events DROP COLUMN more")


def test_the_worker_erases_a_person(
    acting_as: Acting, direct: Callable[[], None], event_log: Any, tmp_path: Path
) -> None:
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    old = {"timestamp": timezone.now() - timedelta(days=50)}
    write(event(username="ani", **old), event(reason="spoke to ani", **old), event(username="budi"))
    wait_for_others()
    tasks.archive()
    SubjectRequest.objects.create(kind="erase", state="confirmed", username="ani", asked_by="ani")
    with acting_as("worker"):
        assert tasks.erase_subjects() == 1
    assert SubjectRequest.objects.get().reason == "" and not Event.objects.filter(username="ani").exists()
    assert Event.objects.filter(reason="spoke to [erased]").exists() and Event.objects.filter(username="budi").exists()
    assert Archive.objects.get().path.endswith(".r1.parquet")


def test_each_role_does_its_part_with_what_is_encrypted(
    acting_as: Acting, direct: Callable[[], None], event_log: Any, tmp_path: Path, ada: User
) -> None:
    event_log(ENCRYPTION_KEYS=[OLD], ARCHIVE_DIR=str(tmp_path / "archive"))
    old = {"timestamp": timezone.now() - timedelta(days=50)}
    write(sensitive(new_values={"wali": "Ayu Lestari"}, **old), sensitive(entity_id="4", **old))
    wait_for_others()
    with acting_as("web"):
        log_event("PENGHASILAN_UPDATE", entity_type="penghasilan", entity_id="5", is_sensitive=True, new_values=VALUES)
        direct()
        stored = Event.objects.get(entity_type="penghasilan", entity_id="5")
        client = Client()
        assert client.login(username="ada", password=PASSWORD)
        assert PLAIN in client.get(f"/admin/eventlog/event/{stored.pk}/change/").content.decode()
        direct()
    event_log(ENCRYPTION_KEYS=[NEW, OLD])
    asked = {"kind": "erase", "state": "confirmed", "asked_by": "the father"}
    SubjectRequest.objects.create(entity_type="penghasilan", entity_id="5", **asked)
    with acting_as("worker"):
        assert tasks.archive()
        call_command("eventlog_subject", "rewrap", stdout=StringIO())
        assert tasks.erase_subjects() == 1
        assert not [
            sql for sql in ("DELETE FROM event_subject_keys", "TRUNCATE event_subject_keys") if not refused(sql)
        ]
    with acting_as("console"):
        assert refused("SELECT * FROM event_subject_keys")
    assert SubjectKey.objects.in_use().count() == 2 and SubjectKey.objects.wrapped_by_others(name_of(NEW)).count() == 0
    assert Event.objects.get(pk=stored.pk).new_values is None and SubjectRequest.objects.get().reason == ""


def test_the_worker_strikes_a_name_from_what_is_encrypted_for_another(
    acting_as: Acting, event_log: Any, tmp_path: Path
) -> None:
    event_log(ENCRYPTION_KEYS=[NEW], ARCHIVE_DIR=str(tmp_path / "archive"))
    old = {"timestamp": timezone.now() - timedelta(days=50)}
    write(sensitive(new_values={"wali": "ani"}, **old), event(username="ani", **old))
    wait_for_others()
    with acting_as("worker"):
        tasks.archive()
        SubjectRequest.objects.create(kind="erase", state="confirmed", username="ani", asked_by="ani")
        assert tasks.erase_subjects() == 1
        left = Event.objects.get(entity_type="penghasilan")
        open_event(left, may_read=True)
        assert left.new_values == {"wali": "[erased]"}


# --- what the database refuses ---
EVERYBODY = (
    "UPDATE events SET reason = 'another'",
    f"UPDATE {THIS.table} SET reason = 'another'",
    f"DELETE FROM {THIS.table}",
    "TRUNCATE events",
    f"TRUNCATE {THIS.table}",
    "DELETE FROM event_batches",
    "UPDATE event_batches SET seal = NULL",
    *(f"DELETE FROM {table}" for table in ("event_checkpoints", "event_log_entries", "event_removals")),
    *(f"TRUNCATE {table}" for table in ("event_batches", "event_checkpoints", "event_log_entries", "event_removals")),
    "UPDATE event_checkpoints SET note = ''",
)
PROCESSES = (
    "UPDATE event_batches SET stored_xid = '1'",
    "INSERT INTO event_batches (id, stored_xid) VALUES (gen_random_uuid(), '1')",
    "INSERT INTO event_epochs (shift, behind) VALUES (1, 1)",
    f"INSERT INTO {THIS.table} SELECT * FROM events",
    f"DROP TABLE {THIS.table}",
    f"ALTER TABLE events DETACH PARTITION {THIS.table}",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "DROP FUNCTION eventlog_guard() CASCADE",
    "SET session_replication_role = replica",
    "DELETE FROM django_migrations",
)
WEB = (
    "DELETE FROM events",
    "SET ROLE {prefix}owner",
    "INSERT INTO event_removals (id, kind, made_at, facts, hash) SELECT gen_random_uuid(), 'range', now(), '[]', ''",
    "INSERT INTO event_log_entries VALUES (0, 'batch', gen_random_uuid(), '')",
)
CONSOLE = (
    "INSERT INTO events SELECT * FROM events",
    "SELECT * FROM auth_user",
    "SELECT * FROM django_session",
    "SELECT * FROM event_outbox",
    "UPDATE event_alerts SET state = 'closed'",
)
ALLOWED = "SELECT set_config('eventlog.allows', 'everything', true); "


def test_the_owner_is_refused_by_the_guards(acting_as: Acting) -> None:
    write(event())
    with acting_as("owner"):
        assert [sql for sql in EVERYBODY if not refused(sql)] == []


@pytest.mark.parametrize("name", ["web", "worker", "console"])
def test_who_knows_the_setting_is_refused_by_the_rights(acting_as: Acting, prefix: str, name: str) -> None:
    write(event())
    own = {"web": WEB, "worker": (), "console": (*WEB, *CONSOLE)}
    tried = [sql.format(prefix=prefix) for sql in own[name]] + [*EVERYBODY, *PROCESSES]
    with acting_as(name):
        assert [sql for sql in tried if not refused(ALLOWED + sql)] == []


def test_the_worker_deletes_nothing_by_mistake(acting_as: Acting) -> None:
    write(event())
    with acting_as("worker"):
        assert refused("DELETE FROM events")


def test_a_batch_is_stored_whoever_stores_it(acting_as: Acting) -> None:
    for name in ("web", "worker"):
        with acting_as(name):
            assert store.write(store.Batch([event()])).events == 1


def test_a_table_of_the_sessions_own_moves_no_place(acting_as: Acting) -> None:
    """A shifted place would make an old batch look like one that this transaction is storing."""
    with acting_as("web"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE event_epochs (shift bigint) ON COMMIT DROP")
        cursor.execute("INSERT INTO event_epochs VALUES (1000)")
        cursor.execute("SELECT eventlog_shift()")
        assert cursor.fetchone() == (0,)


# --- the check ---
@pytest.mark.parametrize(
    ("name", "powers"),
    [
        ("web", []),
        ("worker", []),
        ("owner", ["owns events", "may UPDATE them", "may DELETE them", "may TRUNCATE them"]),
    ],
)
def test_the_check_tells_who_can_do_too_much(acting_as: Acting, prefix: str, name: str, powers: list[str]) -> None:
    with acting_as(name):
        assert guards.powers(using="default") == (f"{prefix}{name}", powers)


def test_the_check_warns_of_one_right_too_many(acting_as: Acting, prefix: str) -> None:
    run(f"GRANT UPDATE (reason) ON {THIS.table} TO {prefix}web")
    with acting_as("web"):
        (warning,) = checks.database.events_are_guarded(None, databases=["default"])
    run(f"REVOKE UPDATE (reason) ON {THIS.table} FROM {prefix}web")
    assert (warning.id, "may UPDATE them" in warning.msg) == ("eventlog.W016", True)
