"""The ways to tell somebody: mail, a signed webhook, a chat. What `ALERT_EMAILS` and `ALERT_WEBHOOKS` say of each is
read and checked here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from smtplib import SMTPException
from typing import Any, Final, Protocol
from urllib.parse import SplitResult

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email

from eventlog import catalog
from eventlog.alerts.messages import Message
from eventlog.conf import conf
from eventlog.conf.parsing import boolean, choice, names, seconds
from eventlog.forwarding.posting import Receiver
from eventlog.forwarding.sinks import Refused
from eventlog.forwarding.targets import address, read, secret
from eventlog.forwarding.webhook import HEADERS, signed
from eventlog.models import Alert
from eventlog.models.alert import level

SLACK: Final = "hooks.slack.com"
MAX_NAME: Final = 250  # characters
MAIL_TIMEOUT: Final = 10.0  # seconds, of each step, where EMAIL_TIMEOUT says nothing


class Sender(Protocol):
    def send(self, message: Message) -> None:
        """Returns once it is taken. Raises Refused."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Wants alerts of `severity` or worse, and of `rules` where any are named. `only_escalations`: what nobody has
    acknowledged in time, and nothing else."""

    name: str
    sender: Sender
    is_for_people: bool
    severity: str = catalog.MEDIUM
    rules: tuple[str, ...] = ()
    language: str = ""
    only_escalations: bool = False

    def wants(self, alert: Alert) -> bool:
        return level(alert.severity) >= level(self.severity) and (not self.rules or alert.rule in self.rules)


# --- the ways ---
@dataclass(frozen=True, slots=True)
class Mail:
    to: str

    def send(self, message: Message) -> None:
        try:
            connection = get_connection(timeout=settings.EMAIL_TIMEOUT or MAIL_TIMEOUT)
            mail = EmailMultiAlternatives(message.subject, message.text, to=[self.to], connection=connection)
            mail.extra_headers = {"Message-ID": f"<{message.id}@eventlog>", "Auto-Submitted": "auto-generated"}
            if message.html:
                mail.attach_alternative(message.html, "text/html")
            mail.send()
        except (OSError, SMTPException, ValueError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Hook:
    """Standard Webhooks; without a secret it is not signed."""

    receiver: Receiver = field(repr=False)
    secret: str = field(default="", repr=False)

    def send(self, message: Message) -> None:
        now = datetime.now(UTC)
        body = orjson.dumps({"type": message.type, "timestamp": now, "data": message.data})
        signature = signed(body, message.id, now, self.secret) if self.secret else {"webhook-id": message.id}
        self.receiver.post(body, {**HEADERS, **signature})


@dataclass(frozen=True, slots=True)
class Slack:
    """An incoming webhook of Slack, Mattermost, Rocket.Chat and their like. Its URL is its secret."""

    receiver: Receiver = field(repr=False)

    def send(self, message: Message) -> None:
        self.receiver.post(orjson.dumps({"text": message.chat}), HEADERS)


# --- the settings ---
COMMON: Final = frozenset({"severity", "rules", "language", "escalation"})
OF_WEBHOOKS: Final = frozenset({"kind", "url", "secret", "private", "timeout"})
KINDS: Final = ("standard", "slack")
HTTP: Final = ("https", "http")


def channels() -> list[Channel]:
    """Those that can be used; `manage.py check` names the others."""
    return list(usable())


def usable() -> Iterator[Channel]:
    for given, make in ((conf.ALERT_EMAILS, mail), (conf.ALERT_WEBHOOKS, webhook)):
        for name, options in given.items():
            try:
                yield make(name, options)
            except ValueError:
                continue


def channel_named(name: str) -> Channel | None:
    return next((channel for channel in usable() if channel.name == name), None)


def mail(to: str, options: Mapping[str, Any]) -> Channel:
    """Raises ValueError, which says what was expected."""
    return channel(f"mail:{to}", mailbox(to), options, known=COMMON, is_for_people=True)


def mailbox(to: str) -> Mail:
    """Raises ValueError, which says what was expected."""
    try:
        validate_email(to)
    except ValidationError:
        raise ValueError("an address such as kepala@school.example") from None
    return Mail(to)


def webhook(name: str, options: Mapping[str, Any]) -> Channel:
    """Raises ValueError, which says what was expected and shows no secret."""
    standard = hook(options)
    kind = read(options, "kind", choice(*KINDS), "slack" if standard.receiver.url.hostname == SLACK else "standard")
    sender: Sender = Slack(standard.receiver) if kind == "slack" else standard
    return channel(
        f"webhook:{name}", sender, options, known=COMMON | OF_WEBHOOKS, is_for_people=isinstance(sender, Slack)
    )


def hook(options: Mapping[str, Any]) -> Hook:
    """Raises ValueError, which says what was expected and shows no secret."""
    url: SplitResult = read(options, "url", address(*HTTP))
    receiver = Receiver(url, read(options, "private", boolean, False), read(options, "timeout", seconds, 10))
    return Hook(receiver, read(options, "secret", secret) if "secret" in options else "")


def channel(
    name: str, sender: Sender, options: Mapping[str, Any], *, known: frozenset[str], is_for_people: bool
) -> Channel:
    if unknown := set(options) - known:
        raise ValueError(f"only {', '.join(sorted(known))}; not {', '.join(sorted(unknown))}")
    if len(name) > MAX_NAME:
        raise ValueError(f"a name of at most {MAX_NAME} characters")
    return Channel(
        name=name,
        sender=sender,
        is_for_people=is_for_people,
        severity=read(options, "severity", choice(*catalog.SEVERITIES), catalog.MEDIUM),
        rules=read(options, "rules", names, ()),
        language=read(options, "language", choice(*dict(settings.LANGUAGES)), settings.LANGUAGE_CODE),
        only_escalations=read(options, "escalation", boolean, False),
    )


def faults() -> Iterator[tuple[str, str]]:
    """(setting and name, what was expected) of what cannot be used."""
    makers: dict[str, tuple[Mapping[str, Any], Callable[[str, Mapping[str, Any]], Channel]]] = {
        "ALERT_EMAILS": (conf.ALERT_EMAILS, mail),
        "ALERT_WEBHOOKS": (conf.ALERT_WEBHOOKS, webhook),
    }
    for setting, (given, make) in makers.items():
        for name, options in given.items():
            try:
                make(name, options)
            except ValueError as expected:
                yield f"{setting}: {name}", str(expected)


def unsigned() -> Iterator[str]:
    """Webhooks whose receiver cannot know that it was us, or that others on the way can read."""
    for channel in usable():
        sender = channel.sender
        if isinstance(sender, Hook) and not sender.secret:
            yield f"{channel.name} is not signed"
        if isinstance(sender, Hook | Slack) and sender.receiver.url.scheme != "https":
            yield f"{channel.name} is sent in the clear"
