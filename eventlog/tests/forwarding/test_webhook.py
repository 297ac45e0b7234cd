"""Webhooks: signed, never led elsewhere, and heard when they want no more."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from standardwebhooks import Webhook

from eventlog.forwarding import forwarder
from eventlog.forwarding.sinks import Refused
from eventlog.forwarding.targets import targets
from eventlog.forwarding.webhook import WebhookSink
from eventlog.models import Event
from eventlog.tests.conftest import Change
from eventlog.tests.forwarding.conftest import SECRET, parcels, stored, try_again
from eventlog.tests.forwarding.receivers import Post, WebhookServer, webhook_server


def events(post: Post) -> list[str]:
    return [each["event_name"] for each in orjson.loads(post.body)["data"]]


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with webhook_server() as made:
        yield made


def hook(server: WebhookServer, **options: Any) -> WebhookSink:
    return WebhookSink(**{"url": urlsplit(server.url), "secret": SECRET, "private": True, "timeout": 0.5, **options})


# --- the sink ---
def test_a_batch_is_signed(server: WebhookServer) -> None:
    hook(server).send(parcels("a", "ä \u2028 <b>"))
    (post,) = server.posts
    told = Webhook(SECRET).verify(post.body, post.headers)
    assert told["type"] == "eventlog.events"
    assert events(post) == ["a", "ä \u2028 <b>"]
    assert post.path == "/hook?school=1"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(server: WebhookServer, status: int) -> None:
    server.answer = lambda post: status
    with pytest.raises(Refused, match=f"It answered {status}, and redirects are not followed"):
        hook(server).send(parcels("a"))
    assert [post.path for post in server.posts] == ["/hook?school=1"]


@pytest.mark.parametrize("status", [400, 413, 429, 500, 503])
def test_what_is_not_taken_is_said(server: WebhookServer, status: int) -> None:
    server.answer = lambda post: status
    with pytest.raises(Refused, match=f"It answered {status}"):
        hook(server).send(parcels("a"))


def test_a_batch_that_comes_again_has_the_same_id(server: WebhookServer) -> None:
    same = parcels("a", "b")
    for batch in (same, same, same[:1]):
        hook(server).send(batch)
    first, second, other = (post.headers["webhook-id"] for post in server.posts)
    assert first == second != other


def test_a_receiver_that_hangs_is_given_up(server: WebhookServer) -> None:
    server.answer = lambda post: time.sleep(12) or 200
    started = time.monotonic()
    with pytest.raises(Refused, match="TimeoutError"):
        hook(server).send(parcels("a"))
    assert time.monotonic() - started < 10


def test_private_addresses_must_be_allowed(server: WebhookServer) -> None:
    with pytest.raises(Refused, match=r"127\.0\.0\.1 is not an address of the internet"):
        hook(server, private=False).send(parcels("a"))
    assert server.posts == []


# --- what is forwarded to it ---
def test_one_that_is_gone_is_sent_no_more_and_that_is_told(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 410
    stored("a")
    for _ in range(3):
        try_again()
    assert len(receiver.posts) == 1
    event = Event.objects.get(event_type="FORWARD_FAILED")
    assert (event.severity, event.event_data["sink"], event.event_data["stopped"]) == ("high", "sink", True)


def test_it_can_be_resumed(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 410
    stored("a")
    forwarder.forward()
    receiver.answer = lambda post: 200
    forwarder.resume("sink")
    forwarder.forward()
    assert events(receiver.posts[1])[0] == "a"


def test_large_batches_are_sent_in_parts(receiver: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "MAX_BYTES", 3000)
    stored(*"abcdefgh", reason="x" * 500)
    forwarder.forward()
    assert len(receiver.posts) > 2
    assert sum(map(events, receiver.posts), []) == list("abcdefgh")


def test_the_secret_may_be_in_the_environment(
    receiver: WebhookServer, sink: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIEM_SECRET", SECRET)
    sink(kind="webhook", url=receiver.url, secret="SIEM_SECRET", private=True)
    stored("a")
    forwarder.forward()
    (post,) = receiver.posts
    Webhook(SECRET).verify(post.body, post.headers)


def test_the_secret_is_nowhere_to_be_seen(receiver: WebhookServer, event_log: Change, capsys: Any) -> None:
    assert SECRET not in repr(targets())
    receiver.answer = lambda post: 410
    stored("a")
    forwarder.forward()
    shown = [*map(str, Event.objects.values()), str(forwarder.facts()), capsys.readouterr().out]
    assert SECRET[6:] not in "".join(shown)
