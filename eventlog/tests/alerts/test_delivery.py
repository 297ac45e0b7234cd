"""Notifications to real receivers: what they get, and what becomes of it where they do not take it."""

import base64
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import orjson
import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from eventlog.alerts import delivery
from eventlog.alerts.background import Background
from eventlog.alerts.triage import Change as Triage
from eventlog.alerts.triage import change
from eventlog.models import Alert, Event, EventMute, EventNotification
from eventlog.models.notification import MAX_ATTEMPTS
from eventlog.pipeline import writer
from eventlog.tests.alerts.conftest import ADA, RULE, TARGET, evidence, found, guard
from eventlog.tests.alerts.receivers import MailServer, mailing, part
from eventlog.tests.conftest import Change
from eventlog.tests.forwarding.receivers import WebhookServer, webhook_server

SECRET = "whsec_" + base64.b64encode(b"a secret of these tests alone").decode()


@pytest.fixture
def mails(transactional_db: None, event_log: Change, settings: Settings) -> Iterator[MailServer]:
    with mailing(settings) as server:
        event_log(ALERT_EMAILS=[ADA], ALERT_ESCALATION=0, SITE_URL="https://edupro.school.example")
        yield server


@pytest.fixture
def hook(transactional_db: None) -> Iterator[WebhookServer]:
    with webhook_server() as server:
        yield server


@pytest.fixture
def hooked(hook: WebhookServer, event_log: Change) -> Callable[..., None]:
    """ALERT_WEBHOOKS with one that leads to `hook`."""

    def change(**options: Any) -> None:
        given = {"url": hook.url, "secret": SECRET, "private": True, "timeout": 0.5, **options}
        known = {name: value for name, value in given.items() if value is not None}
        event_log(ALERT_WEBHOOKS={"alarm": known}, ALERT_ESCALATION=0)

    change()
    return change


def states() -> dict[str, str]:
    return {each.channel: each.state for each in EventNotification.objects.order_by("id")}


def only() -> EventNotification:
    return EventNotification.objects.get()


def deliver_now() -> int:
    """As if everything that waits were due."""
    EventNotification.objects.filter(state="waiting").update(due_at=timezone.now())
    return delivery.deliver()


# --- mail ---
def test_a_mail_says_what_happened_and_what_to_do(mails: MailServer) -> None:
    alert = found(severity="critical", events=evidence(1))
    assert delivery.deliver() == 1
    (mail,) = mails.mails
    assert mails.recipients == [ADA]
    assert mail["Subject"] == "[edupro.school.example] Critical: Password guessing: account guru001"
    for kind in ("plain", "html"):
        body = part(mail, kind)
        assert f"https://edupro.school.example/admin/eventlog/alert/{alert.pk}/change/" in body
        assert f"https://edupro.school.example/admin/eventlog/event/{evidence(1)[2]}/change/" in body
        assert "lock the account" in body
    assert states() == {f"mail:{ADA}": "sent"}


def test_it_is_in_the_receivers_language(mails: MailServer, event_log: Change) -> None:
    event_log(ALERT_EMAILS={ADA: {"language": "id"}})
    found(severity="critical")
    delivery.deliver()
    assert "Kritis: Kata sandi ditebak-tebak" in mails.mails[0]["Subject"]
    assert "Yang perlu dilakukan" in part(mails.mails[0], "plain")


def test_what_an_attacker_has_typed_changes_nothing_in_a_mail(mails: MailServer) -> None:
    name = "a\r\nBcc: all@school.example\u202e<script>alert(1)</script><a href='https://evil.example'>x</a>"
    found(severity="critical", target=f"user:{name}")
    delivery.deliver()
    (mail,) = mails.mails
    assert mail["Bcc"] is None and mails.recipients == [ADA] and "\u202e" not in mail["Subject"]
    assert "<script" not in part(mail, "html") and "href='https://evil" not in part(mail, "html")


def test_what_is_secret_is_in_no_mail(mails: MailServer) -> None:
    found(severity="critical", target="user:password=hunter2")
    delivery.deliver()
    assert "hunter2" not in mails.mails[0].as_string()


def test_a_mail_server_that_refuses_is_tried_again(mails: MailServer) -> None:
    mails.refuse = True
    found(severity="critical")
    assert delivery.deliver() == 0
    waiting = only()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "SMTPRecipientsRefused" in waiting.last_error and waiting.due_at > timezone.now()
    mails.refuse = False
    assert deliver_now() == 1
    assert states() == {f"mail:{ADA}": "sent"}


# --- webhooks ---
def test_a_webhook_is_signed(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    alert = found(severity="critical", events=evidence(1))
    assert delivery.deliver() == 1
    told = Webhook(SECRET).verify(hook.posts[0].body, hook.posts[0].headers)
    (data,) = told["data"]
    assert (told["type"], data["kind"], data["alert"]["id"]) == ("eventlog.alerts", "opened", str(alert.pk))
    assert (data["alert"]["rule"], data["alert"]["target"]) == (RULE, TARGET)
    assert data["alert"]["events"]["first"] == str(evidence(1)[0])


def test_a_chat_gets_a_text_that_cannot_call_everybody(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    hooked(kind="slack", secret=None)
    found(severity="critical", target="user:<!channel> & co")
    delivery.deliver()
    text = orjson.loads(hook.posts[0].body)["text"]
    assert "&lt;!channel&gt; &amp; co" in text and "<!channel>" not in text
    assert "webhook-signature" not in hook.posts[0].headers


def test_what_comes_again_has_the_same_id(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    found(severity="critical")
    hook.answer = lambda post: 503
    for _ in range(2):
        deliver_now()
    first, second = hook.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert only().last_error == "It answered 503."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(hook: WebhookServer, hooked: Callable[..., None], status: int) -> None:
    hook.answer = lambda post: status
    found(severity="critical")
    assert delivery.deliver() == 0
    assert [post.path for post in hook.posts] == ["/hook?school=1"]
    assert "redirects are not followed" in only().last_error


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_what_leads_to_this_machine_is_refused_unless_allowed(
    hook: WebhookServer, hooked: Callable[..., None], host: str
) -> None:
    hooked(private=False, url=hook.url.replace("127.0.0.1", host))
    found(severity="critical")
    assert delivery.deliver() == 0
    assert "is not an address of the internet" in only().last_error
    assert hook.posts == []


def test_one_that_wants_no_more_is_told_no_more(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    hook.answer = lambda post: 410
    found(severity="critical")
    delivery.deliver()
    event = Event.objects.get(event_type="ALERT_UPDATED")
    assert only().state == "failed"
    assert (event.event_status, event.event_data["channel"]) == ("FAILED", "webhook:alarm")


def test_after_many_attempts_it_is_given_up_and_that_is_told(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    hook.answer = lambda post: 500
    found(severity="critical")
    EventNotification.objects.update(attempts=MAX_ATTEMPTS - 1)
    delivery.deliver()
    assert only().state == "failed"
    assert Event.objects.filter(event_type="ALERT_UPDATED", event_status="FAILED").exists()


def test_the_secret_is_nowhere_to_be_seen(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    from eventlog.alerts.channels import channels

    hook.answer = lambda post: 410
    found(severity="critical")
    delivery.deliver()
    shown = [*map(str, Event.objects.values()), *map(str, EventNotification.objects.values()), repr(channels())]
    assert SECRET[6:] not in "".join(shown)


def test_what_is_no_longer_in_the_settings_is_given_up(hooked: Callable[..., None], event_log: Change) -> None:
    found(severity="critical")
    event_log(ALERT_WEBHOOKS={})
    delivery.deliver()
    assert (only().state, only().last_error) == ("failed", "It is not in the settings any more.")


# --- together, in time, and none in the way of another ---
def test_what_is_due_at_once_is_one_message(mails: MailServer) -> None:
    for number in range(5):
        found(target=f"user:guru{number}", severity="critical" if number == 3 else "medium")
    assert deliver_now() == 5
    (mail,) = mails.mails
    assert mail["Subject"].endswith("Critical: Password guessing: account guru3, and 4 more alerts")


def test_what_would_be_due_soon_goes_along(mails: MailServer) -> None:
    found(target="user:guru1", severity="medium")
    found(target="user:guru2", severity="critical")
    assert delivery.deliver() == 2
    assert len(mails.mails) == 1


def test_a_receiver_that_hangs_delays_no_other(
    mails: MailServer, hook: WebhookServer, hooked: Callable[..., None]
) -> None:
    hook.answer = lambda post: time.sleep(20) or 200
    found(severity="critical")
    begun = time.monotonic()
    Background()()
    while not mails.mails and time.monotonic() - begun < 15:
        time.sleep(0.02)
    assert len(mails.mails) == 1
    assert states()["webhook:alarm"] == "waiting"


def test_a_receiver_that_drips_is_cut_off(hooked: Callable[..., None]) -> None:
    """Each byte in time, and no end of them."""
    with dripping() as url:
        hooked(url=url)
        found(severity="critical")
        begun = time.monotonic()
        delivery.deliver()
    assert time.monotonic() - begun < 15
    assert (only().state, only().last_error) == ("waiting", "TimeoutError: its answer does not end")


@contextmanager
def dripping() -> Iterator[str]:
    def drip() -> None:
        with suppress(OSError):
            connection, _address = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 well\r\nX-More: ")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_two_at_once_send_it_once(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    found(severity="critical")
    first, second = delivery.claim("webhook:alarm"), delivery.claim("webhook:alarm")
    assert (len(first), second) == (1, [])


def test_who_dies_while_he_sends_leaves_it_to_another(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    found(severity="critical")
    (claimed,) = delivery.claim("webhook:alarm")
    assert timezone.now() < claimed.due_at <= timezone.now() + delivery.LEASE
    assert deliver_now() == 1


def test_what_ends_each_process_that_says_it_is_given_up(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    found(severity="critical")
    EventNotification.objects.update(attempts=MAX_ATTEMPTS)
    assert delivery.deliver() == 0
    assert (only().state, hook.posts) == ("failed", [])


def test_without_celery_the_writer_sees_to_it(
    hook: WebhookServer, hooked: Callable[..., None], direct: Callable[[], None]
) -> None:
    """And within the ten seconds that a critical alert may take."""
    begun = time.monotonic()
    found(severity="critical")
    writer.current().see_to_it()
    while not hook.posts and time.monotonic() - begun < 30:
        time.sleep(0.02)
    assert len(hook.posts) == 1
    assert time.monotonic() - begun < 10


def test_what_becomes_worse_while_it_is_sent_is_told_as_well(hook: WebhookServer, hooked: Callable[..., None]) -> None:
    found("1")
    EventNotification.objects.update(due_at=timezone.now())
    on_the_way = delivery.valid(delivery.claim("webhook:alarm"))
    found("2", severity="critical")
    delivery.send("webhook:alarm", on_the_way)
    delivery.deliver()
    told = [orjson.loads(post.body)["data"][0]["alert"]["severity"] for post in hook.posts]
    assert told == ["high", "critical"]
    assert len({post.headers["webhook-id"] for post in hook.posts}) == 2  # else a receiver takes it for the same


# --- what is not needed any more ---
@pytest.mark.parametrize("state", ["acknowledged", "resolved", "false_positive"])
def test_what_somebody_has_seen_to_is_not_told(mails: MailServer, state: str) -> None:
    change(found().pk, Triage(state=state, reason="seen to"), by=guard())
    assert deliver_now() == 0
    assert states() == {f"mail:{ADA}": "withdrawn"}


def test_what_was_muted_meanwhile_is_not_told(mails: MailServer) -> None:
    found()
    EventMute.objects.create(rule=RULE, target="*", until=timezone.now() + timedelta(days=1))
    assert deliver_now() == 0
    assert (Alert.objects.get().state, states()) == ("open", {f"mail:{ADA}": "withdrawn"})
