"""Anchors: who outside keeps the checkpoints is given them, and what he has kept proves what the database says."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings
from standardwebhooks import Webhook

from eventlog import checks, tasks
from eventlog.alerts import looking
from eventlog.integrity import anchors, verify
from eventlog.integrity.anchors import Given
from eventlog.integrity.verify import Question
from eventlog.models import Alert, Checkpoint, EventAnchor
from eventlog.tests.alerts.receivers import MailServer, mailing, part
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.forwarding.receivers import WebhookServer, webhook_server
from eventlog.tests.integrity.conftest import checkpoint, event, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]
SECRET = "whsec_" + base64.b64encode(b"a secret of these tests alone").decode()
ARCHIVE = "arsip@dinas.example"


@pytest.fixture
def notary(event_log: Change) -> Iterator[WebhookServer]:
    with webhook_server() as server:
        event_log(CHECKPOINT_ANCHORS={"notary": {"url": server.url, "secret": SECRET, "private": True, "timeout": 0.5}})
        yield server


@pytest.fixture
def mails(event_log: Change, settings: Settings) -> Iterator[MailServer]:
    with mailing(settings) as server:
        event_log(CHECKPOINT_ANCHORS=[f"mailto:{ARCHIVE}"], SITE_URL="https://edupro.school.example")
        yield server


def give(**options: Any) -> list[Given]:
    return anchors.give(using="default", **options)


def told(server: WebhookServer) -> list[dict[str, Any]]:
    return [json.loads(post.body)["data"] for post in server.posts]


def later(**time: float) -> Checkpoint:
    """A checkpoint, and the anchors' last ones so long before it."""
    for state in EventAnchor.objects.exclude(made_at=None):
        state.made_at = (state.made_at or state.due_at) - timedelta(**time)
        state.save()
    return checkpoint()


# --- webhooks ---
def test_a_webhook_gets_the_note_signed(notary: WebhookServer) -> None:
    write(event())
    made = checkpoint()
    assert give() == [Given("notary")]
    said = Webhook(SECRET).verify(notary.posts[0].body, notary.posts[0].headers)
    assert (said["type"], said["data"]["size"], said["data"]["note"]) == ("eventlog.checkpoint", 1, made.note)


def test_it_gets_each_one_once(notary: WebhookServer) -> None:
    made = [checkpoint()]
    assert (len(give()), give()) == (1, [])
    made.append(later(minutes=1))
    assert tasks.anchor() == 1
    assert [each["note"] for each in told(notary)] == [each.note for each in made]


def test_one_that_was_down_gets_the_newest_which_covers_the_others(notary: WebhookServer) -> None:
    notary.answer = lambda post: 503
    checkpoint()
    assert give() == [Given("notary", "It answered 503.")]
    write(event())
    newest = checkpoint()
    assert give() == []  # it waits before it tries again
    notary.answer = lambda post: 204
    EventAnchor.objects.update(retry_at=newest.made_at)
    give()
    assert [each["note"] for each in told(notary)[1:]] == [newest.note]
    state = EventAnchor.objects.get()
    assert (state.made_at, state.size, state.failures, state.last_error) == (newest.made_at, 1, 0, "")


def test_one_that_wants_no_more_is_asked_again_all_the_same(notary: WebhookServer) -> None:
    notary.answer = lambda post: 410
    checkpoint()
    give()
    EventAnchor.objects.update(retry_at=None)
    give()
    assert len(notary.posts) == 2


def test_who_dies_before_it_is_written_down_gives_it_again_under_the_same_id(
    notary: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    checkpoint()
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(anchors, "went_on", die)
        give()
    give()
    first, second = notary.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_two_at_once_give_it_once(notary: WebhookServer) -> None:
    checkpoint()
    with held("notary"):
        assert give() == []
    assert give() == [Given("notary")]


@contextmanager
def held(name: str) -> Iterator[None]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(anchors.LOCK, [name])
            yield
    finally:
        other.close()


def test_one_that_hangs_delays_no_other(notary: WebhookServer, event_log: Change) -> None:
    with webhook_server() as other:
        dead = {"url": "http://127.0.0.1:9/", "private": True, "timeout": 0.1}
        event_log(CHECKPOINT_ANCHORS={"dead": dead, "other": {"url": other.url, "private": True}})
        checkpoint()
        given = give()
    assert len(other.posts) == 1 and given[0].error and given[1] == Given("other")


# --- mail ---
def test_a_mail_has_the_note_and_says_what_it_is_for(mails: MailServer) -> None:
    made = checkpoint()
    assert give() == [Given(ARCHIVE)]
    (mail,) = mails.mails
    assert mails.recipients == [ARCHIVE]
    assert mail["Subject"].startswith("[edupro.school.example] Checkpoint of the event log, 2")
    said = part(mail, "plain").replace("\r\n", "\n")
    assert f"\n\n{made.note}\n" in said and "eventlog_verify --checkpoints" in said


def test_a_mail_comes_once_a_day(mails: MailServer) -> None:
    checkpoint()
    give()
    later(hours=23)
    assert give() == []
    later(hours=1)
    assert give() == [Given(ARCHIVE)]


def test_how_often_is_set_for_each(mails: MailServer, event_log: Change) -> None:
    event_log(CHECKPOINT_ANCHORS={"dinas": {"url": f"mailto:{ARCHIVE}", "minutes": 60}})
    checkpoint()
    give()
    later(minutes=59)
    assert give() == []
    later(minutes=1)
    assert give() == [Given("dinas")]


# --- what was kept proves ---
@pytest.fixture
def kept(notary: WebhookServer, event_log: Change, settings: Settings, tmp_path: Path) -> Path:
    """What both have got of the log with two batches, each in its file."""
    with mailing(settings) as mails:
        hook = {"url": notary.url, "private": True}
        event_log(CHECKPOINT_ANCHORS={"notary": hook, "dinas": {"url": f"mailto:{ARCHIVE}"}}, CHECKPOINT_DIR=None)
        write(event())
        write(event())
        checkpoint()
        give()
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "mail.eml").write_bytes(mails.mails[0].as_bytes())
    (folder / "body.json").write_bytes(notary.posts[0].body)
    return folder


@pytest.mark.parametrize("name", ["mail.eml", "body.json", "."])
def test_what_was_kept_finds_a_database_that_was_put_back(kept: Path, name: str) -> None:
    where = kept / name

    def verdict(kept: Path | None) -> str:
        return verify.total(list(verify.verify(Question(kept=kept), using="default"))).verdict

    assert verdict(where) == "valid"
    with altering(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM event_checkpoints")
        cursor.execute("DELETE FROM event_log_entries WHERE place = 1 RETURNING ref")
        (last,) = cursor.fetchone()
        cursor.execute("DELETE FROM events WHERE batch_id = %s", [last])
        cursor.execute("DELETE FROM event_batches WHERE id = %s", [last])
    assert (verdict(None), verdict(where)) == ("valid", "checkpoint mismatch")


# --- by hand, and what is wrong ---
def test_the_command_gives_it_to_all_at_once(notary: WebhookServer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("eventlog_checkpoint")
    call_command("eventlog_checkpoint")
    assert len(notary.posts) == 1  # less than a minute has gone
    call_command("eventlog_checkpoint", "--anchors")
    assert len(notary.posts) == 2 and capsys.readouterr().out.endswith("notary: taken\n")


def test_the_command_says_which_has_not_taken_it(notary: WebhookServer, capsys: pytest.CaptureFixture[str]) -> None:
    notary.answer = lambda post: 500
    with pytest.raises(SystemExit):
        call_command("eventlog_checkpoint", "--json")
    assert json.loads(capsys.readouterr().out)["anchors"] == {"notary": "It answered 500."}


def test_one_that_lacks_them_for_an_hour_opens_an_alert(notary: WebhookServer) -> None:
    checkpoint()
    give()
    looking.look()
    assert not Alert.objects.exists()
    late = checkpoint()
    EventAnchor.objects.update(due_at=late.made_at - timedelta(minutes=61))
    looking.look()
    alert = Alert.objects.get()
    assert (alert.rule, alert.target, alert.state) == ("anchor_behind", "anchor:notary", "open")
    later(minutes=1)
    give()
    checkpoint()
    looking.look()
    assert Alert.objects.get().state == "resolved"


WRONG: dict[str, tuple[Any, str]] = {
    "no URL": ({"x": {}}, '"url"'),
    "another scheme": (["ftp://x.example"], '"url" as a URL'),
    "no address": (["mailto:nobody"], "an address such as"),
    "an unknown option": ({"x": {"url": "https://x.example", "often": 1}}, "only minutes"),
    "an option of webhooks": ({"x": {"url": f"mailto:{ARCHIVE}", "secret": SECRET}}, "only minutes, url; not secret"),
    "too seldom": ({"x": {"url": "https://x.example", "minutes": 20_000}}, '"minutes" as a whole number'),
    "a secret that is too short": ({"x": {"url": "https://x.example", "secret": "whsec_c2hvcnQ="}}, '"secret" as'),
}


@pytest.mark.parametrize("value, expected", WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_an_error_and_given_nothing(event_log: Change, value: Any, expected: str) -> None:
    event_log(CHECKPOINT_ANCHORS=value)
    (error,) = checks.receivers.anchors_can_be_used(None)
    assert error.id == "eventlog.E018" and expected in error.msg and "c2hvcnQ" not in error.msg
    assert anchors.anchors() == []


def test_an_anchor_is_a_place_outside_of_the_database(signing: Callable[..., None]) -> None:
    signing(CHECKPOINT_DIR=None, CHECKPOINT_ANCHORS=["https://notary.example/x", f"mailto:{ARCHIVE}"])
    assert [each.name for each in anchors.anchors()] == ["notary.example", ARCHIVE]
    assert checks.keeping.checkpoints_are_signed(None) == []
