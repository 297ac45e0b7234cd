"""The status page: where every event is, what to look after and what to do, and no secret among the settings."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from eventlog import catalog, conf
from eventlog.admin import concerns
from eventlog.admin.concerns import ADVICES
from eventlog.alerts.thresholds import THRESHOLDS
from eventlog.integrity import checkpoints
from eventlog.logger import log_event
from eventlog.models import Archive, DeadLetter, EventAnchor, EventForward
from eventlog.monitoring import settings as shown_settings
from eventlog.monitoring.writers import stored, writers
from eventlog.pipeline import store, writer
from eventlog.pipeline.accounts import accounts
from eventlog.retention.periods import Month
from eventlog.tests.admin.pages import shown
from eventlog.tests.admin.test_alerts import signed_in
from eventlog.tests.alerts.conftest import guard
from eventlog.tests.alerts.test_looking import KEY
from eventlog.tests.conftest import Change
from eventlog.tests.monitoring.test_health import segment
from eventlog.tests.pipeline.test_store import event, poisoned

pytestmark = pytest.mark.django_db
STATUS = "/admin/eventlog/status/"
WELL = "All is well"
SECRETS = {
    "SIGNING_KEY": [KEY],
    "ENCRYPTION_KEYS": ["aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIGh1c2ggaHU="],
    "ALERT_WEBHOOKS": {"soc": {"url": "https://soc.example/hush-url", "secret": "whsec_aHVzaC1zZWNyZXQ="}},
    "FORWARD_TO": {"siem": {"kind": "webhook", "url": "https://siem.example/hush-path", "secret": "HUSH_NAME"}},
    "SITE_URL": "https://ada:hush-password@school.example",
}


@pytest.fixture
def reviewer(db: None) -> Client:
    return signed_in(guard(is_staff=True))


@pytest.fixture
def all_is_well(event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production, but for a test's own settings."""
    event_log(SIGNING_KEY=[KEY])
    monkeypatch.setattr(concerns, "LOOKS", tuple(look for look in concerns.LOOKS if look is not concerns.of_settings))


# --- who ---
@pytest.mark.parametrize(("rights", "status"), [((), 403), (("view_event",), 403), (("view_security",), 200)])
def test_who_may_see_security_events_sees_it(rights: tuple[str, ...], status: int) -> None:
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights, content_type__app_label="eventlog"))
    client = signed_in(user)
    assert client.get(STATUS).status_code == status
    assert (f'href="{STATUS}"' in client.get("/admin/").content.decode()) == (status == 200)


def test_a_stranger_signs_in_first(client: Client) -> None:
    assert client.get(STATUS).status_code == 302


def test_it_has_its_name_and_changes_nothing(reviewer: Client) -> None:
    assert reverse("admin:eventlog_status") == STATUS
    assert reviewer.post(STATUS).status_code == 405
    page = shown(reviewer, STATUS)
    assert page.partition('id="content-main"')[2].count("<form") == 0


# --- what it tells ---
def test_the_numbers_are_those_of_the_accounts(reviewer: Client) -> None:
    store.write(store.Batch([*(event() for _ in range(1234)), poisoned(username="x" * 200)]))
    page, now = shown(reviewer, STATUS), accounts()
    assert f'class="eventlog-number">{now.stored:,}<' in page and now.dead == 1
    assert "nothing is missing" in page and "1 event that the database refused waits" in page


def test_all_is_well(all_is_well: None, reviewer: Client) -> None:
    assert WELL in shown(reviewer, STATUS)


def lose_some(spool: Any) -> None:
    store.write(store.Batch([event()], uuid4().hex, 7, 7))


def wait_long(spool: Any) -> None:
    segment(spool, age=90)


def refuse(spool: Any) -> None:
    DeadLetter.objects.create(batch_id=uuid4(), reason="not in range", record="{}")


def drop(spool: Any) -> None:
    store.write(store.Batch([event()], uuid4().hex, 1, 3))


def verify_badly(spool: Any, exit_status: int = 2) -> None:
    data = {"command": "eventlog_verify", "exit_status": exit_status}
    log_event(catalog.COMMAND, event_status=catalog.FAILED, event_data=data)


def verify_a_part_badly(spool: Any) -> None:
    log_event(catalog.EVENTS_VERIFIED, event_status=catalog.ERROR, event_data={"verdict": "missing"})


def wander(spool: Any) -> None:
    log_event("LOGIN", timestamp=timezone.now() + timedelta(days=400))


def keep_for_too_long(spool: Any) -> None:
    log_event("LOGIN", timestamp=timezone.now() - timedelta(days=93))


@pytest.mark.parametrize(
    ("happen", "said", "advice"),
    [
        (lose_some, "6 events are missing", "eventlog_status there"),
        (wait_long, "has been waiting to be stored for 9", "eventlog_drain"),
        (refuse, "waits for a decision", "repair and store it"),
        (drop, "Events lost in the last hour: 2", "more room"),
        (verify_badly, "is not as it was stored", "Change nothing"),
        (verify_a_part_badly, "is not as it was stored", "Change nothing"),
        (lambda spool: verify_badly(spool, 1), "could not be brought to its end", "eventlog_verify"),
        (wander, "lie in the default partition", "eventlog_partitions"),
        (keep_for_too_long, "longer than their time", "eventlog_cleanup"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    all_is_well: None, reviewer: Client, tmp_path: Any, happen: Any, said: str, advice: str
) -> None:
    happen(tmp_path / "spool")
    page = shown(reviewer, STATUS)
    assert said in page and advice in page and WELL not in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SIGNING_KEY": []}, "Nothing is signed"),
        ({"PIPELINE": "sync"}, "which is for tests"),
        ({"ENABLED": False}, "Nothing is recorded"),
        ({"BATCH_SIZE": "many"}, "The value that BATCH_SIZE is given cannot be used"),
        ({"VISIBLE_EVENTS": "no.such.function"}, "The value that VISIBLE_EVENTS is given cannot be used"),
    ],
)
def test_what_is_set_wrongly_is_said(event_log: Change, reviewer: Client, values: dict[str, Any], said: str) -> None:
    event_log(**values)
    assert said in shown(reviewer, STATUS)


def test_a_sink_that_takes_nothing_is_said(event_log: Change, reviewer: Client) -> None:
    event_log(**SECRETS)
    failing = {"failing_since": timezone.now(), "last_error": "It answered 503.", "failures": 7}
    EventForward.objects.create(sink="siem", place="0:" + str(uuid4()), **failing)
    assert "siem does not take what is sent on to it (7 times): It answered 503." in shown(reviewer, STATUS)


def test_what_an_anchor_has_is_said_and_what_it_lacks(event_log: Change, reviewer: Client) -> None:
    event_log(CHECKPOINT_ANCHORS={"notary": {"url": "https://notary.example/hush-path"}}, SIGNING_KEY=[KEY])
    assert (made := checkpoints.make(using="default")) is not None
    late, error = made.made_at - timedelta(minutes=75), "It answered 503."
    EventAnchor.objects.create(name="notary", made_at=late, size=4711, due_at=late, failures=3, last_error=error)
    page = shown(reviewer, STATUS)
    assert "notary lacks a checkpoint that it was to have 75.0 minutes ago." in page
    assert "It has not taken the next one (3 times): It answered 503." in page and "hush" not in page
    EventAnchor.objects.update(failures=0, due_at=made.made_at)
    assert "4,711 entries of the log." in shown(reviewer, STATUS)


def test_how_the_files_of_the_archive_had_their_turns_is_said(event_log: Change, reviewer: Client) -> None:
    event_log(ARCHIVE_DIR="/srv/archive")
    now = timezone.now()
    assert "Archive files verified" not in shown(reviewer, STATUS)
    for _ in range(2):
        Archive.objects.create(id=uuid4(), day=now.date(), path="x", state="kept", from_xid=0, begun_at=now)
    assert "2 files, of which 2 wait for their first turn." in shown(reviewer, STATUS)
    Archive.objects.update(looked_at=now)
    page = shown(reviewer, STATUS)
    assert "2 files, all of them since <time" in page and "Archive files verified" in page


def test_the_limits_of_alerts_are_those_of_the_page() -> None:
    """But for those of the site, and for refused events, which wait here for as long as nobody decides."""
    of_the_site = {"error_rate", "response_time", "slow_endpoint", "failed_logins"}
    assert set(THRESHOLDS) - set(ADVICES) == {*of_the_site, "dead_letters"}


def test_what_was_never_done_is_said_with_what_to_do(reviewer: Client) -> None:
    page = shown(reviewer, STATUS).partition('id="eventlog-doings"')[2].partition('id="eventlog-settings"')[0]
    assert page.count("<td>never</td>") == 5 and "Run manage.py eventlog_verify" in page


def test_what_was_done_last_is_dated_and_leads_to_its_event(reviewer: Client) -> None:
    log_event(catalog.EVENTS_CLEANUP, event_data={"rows": 3})
    newest = log_event(catalog.EVENTS_CLEANUP, event_data={"rows": 4711})
    log_event(catalog.EVENTS_VERIFIED, event_data={"verdict": "valid", "events": 1_204})
    log_event(catalog.COMMAND, event_data={"command": "check"})
    log_event(catalog.COMMAND, event_data={"command": "eventlog_verify", "exit_status": 0})
    page = shown(reviewer, STATUS)
    assert f"/admin/eventlog/event/{newest.id}/change/" in page
    assert "4,711 events." in page and "Everything is as it was stored." in page
    assert "The log and 1,204 events are as stored." in page


def test_each_writer_is_told_of(tmp_path: Any) -> None:
    other = uuid4().hex
    store.write(store.Batch([event(), event()], other, 1, 2))
    segment(tmp_path / "spool", age=30, size=7)
    own, *others = writers(stored(timezone.now()))
    assert (own.is_own, own.pid, own.writer) == (True, os.getpid(), writer.current().journal.writer)
    assert {(each.writer, each.events, each.pid, each.bytes) for each in others} == {
        (other, 2, 0, 0),
        ("0" * 32, 0, 1, 7),
    }


def test_each_partition_has_its_size(reviewer: Client) -> None:
    page = shown(reviewer, STATUS)
    assert Month.of(timezone.now()).table in page and "events_default" in page
    assert "3 months ahead are ready." in page


# --- the settings ---
def test_no_secret_is_shown(event_log: Change, reviewer: Client, settings: Any) -> None:
    settings.EMAIL_HOST_PASSWORD = "hush-mail"
    event_log(**SECRETS)
    page = shown(reviewer, STATUS)
    assert KEY not in page and "whsec_" not in page and "hush" not in page.lower() and "aHVzaC" not in page
    assert "1, not shown: soc" in page and "1, not shown: siem" in page


def test_whether_a_setting_is_changed_is_told(
    event_log: Change, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_settings, "environment", lambda: {"BATCH_SIZE": "7"})
    event_log(LOG_RETENTION_DAYS=30)
    sources = {each.name: each.source for each in shown_settings.in_force()}
    told = [sources[name] for name in ("BATCH_SIZE", "LOG_RETENTION_DAYS", "FLUSH_INTERVAL")]
    assert told == ["environment", "project", "default"]


def test_every_setting_is_there_and_says_what_it_is_for_in_indonesian_too() -> None:
    english = {name: shown_settings.purpose(setting) for name, setting in conf.SETTINGS.items()}
    assert all(words.endswith(".") and len(words) > 20 for words in english.values())
    with translation.override("id"):
        told = {each.name: each.purpose for each in shown_settings.in_force()}
    assert [name for name, words in told.items() if words == english[name]] == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALERT_QUIET_HOURS", "22:00-06:00", "22:00–06:00"),
        ("SENSITIVE_FIELDS", ["nisn"], "nisn"),
        ("SAFE_NETWORKS", ["10.0.0.0/8"], "10.0.0.0/8"),
        ("RULES", {"xss": {"enabled": False}}, '{"xss": {"enabled": false}}'),
        ("EXCLUDED_MODELS", [], "none"),
        ("VISIBLE_EVENTS", "eventlog.visible.visible", "eventlog.visible.visible"),
        ("CAPTURE_BODIES", False, "no"),
    ],
)
def test_a_value_is_written_as_one_would_give_it(event_log: Change, name: str, value: Any, said: str) -> None:
    event_log(**{name: value})
    assert {each.name: each.value for each in shown_settings.in_force()}[name] == said


# --- cheap ---
def test_it_takes_few_questions(all_is_well: None, event_log: Change, reviewer: Client) -> None:
    """The savepoints, and storing the request at once, are the test's."""
    event_log(FORWARD_TO=SECRETS["FORWARD_TO"], ENABLED=False)
    with CaptureQueriesContext(connection) as captured:
        shown(reviewer, STATUS)
    asked = [each["sql"] for each in captured.captured_queries if "SAVEPOINT" not in each["sql"]]
    assert len(asked) <= 16, "\n".join(asked)


def test_with_the_real_pipeline_the_sum_is_right(direct: Callable[[], None]) -> None:
    for _ in range(3):
        log_event("LOGIN")
    assert "nothing is missing" in shown(signed_in(guard(is_staff=True)), STATUS)
