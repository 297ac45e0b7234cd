"""Gives signed checkpoints to others who keep them: webhooks, and mailboxes that nobody here can empty.

An anchor gets the newest checkpoint each time, which covers all that came before: while it was down nothing piles up,
and the order is that of the log. The lock is held while it is sent, and what it has is written down afterwards: whoever
dies in between lets it come again, under the same id. No failure ends it; it is tried again for ever.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from eventlog.alerts.channels import MAX_NAME, OF_WEBHOOKS, Sender, hook, mailbox
from eventlog.alerts.messages import Message, site
from eventlog.conf import conf
from eventlog.conf.parsing import text, whole_number
from eventlog.conf.shapes import MAILTO
from eventlog.forwarding.abreast import side_by_side
from eventlog.forwarding.sinks import Refused
from eventlog.forwarding.targets import read
from eventlog.models import Checkpoint, EventAnchor
from eventlog.record import redactor_in_force

EACH, DAILY = 1, 1440  # minutes: of webhooks each checkpoint, of mail one a day
WEEKLY: Final = 10_080
EARLY: Final = timedelta(seconds=30)  # checkpoints are not made to the second
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('eventlog anchor'), hashtext(%s))"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Gets a checkpoint every so many minutes."""

    name: str
    sender: Sender
    minutes: int


@dataclass(frozen=True, slots=True)
class Given:
    """`error` is empty where it was taken."""

    anchor: str
    error: str = ""


# --- the settings ---
def anchors() -> list[Anchor]:
    """Those that can be used; `manage.py check` names the others."""
    return list(usable())


def usable() -> Iterator[Anchor]:
    for name, options in conf.CHECKPOINT_ANCHORS.items():
        try:
            yield anchor(name, options)
        except ValueError:
            continue


def faults() -> Iterator[tuple[str, str]]:
    """(name, what was expected) of what cannot be used."""
    for name, options in conf.CHECKPOINT_ANCHORS.items():
        try:
            anchor(name, options)
        except ValueError as expected:
            yield name, str(expected)


def anchor(name: str, options: Mapping[str, Any]) -> Anchor:
    """Raises ValueError, which says what was expected and shows no secret."""
    url = read(options, "url", text)
    is_mail = url.startswith(MAILTO)
    known = {"url", "minutes"} | (frozenset() if is_mail else OF_WEBHOOKS - {"kind"})
    if unknown := set(options) - known:
        raise ValueError(f"only {', '.join(sorted(known))}; not {', '.join(sorted(unknown))}")
    if len(name) > MAX_NAME:
        raise ValueError(f"a name of at most {MAX_NAME} characters")
    minutes = read(options, "minutes", whole_number(1, WEEKLY), DAILY if is_mail else EACH)
    return Anchor(name, mailbox(url.removeprefix(MAILTO)) if is_mail else hook(options), minutes)


# --- giving ---
def give(*, at_once: bool = False, using: str) -> list[Given]:
    """To each anchor whose time has come, or to all, side by side."""
    works = [partial(give_to, each, at_once=at_once, using=using) for each in anchors()]
    return [given for given in side_by_side(works, name="eventlog-anchors") if given is not None]


def give_to(anchor: Anchor, *, at_once: bool, using: str) -> Given | None:
    """None where there is nothing to give, or somebody else is at it."""
    states = EventAnchor.objects.using(using)
    states.get_or_create(pk=anchor.name, defaults={"due_at": timezone.now()})
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(LOCK, [anchor.name])  # a locked row would keep all that is stored meanwhile out of the log
        if not cursor.fetchone()[0]:
            return None
        newest = Checkpoint.objects.using(using).order_by("-id").first()
        state = states.get(pk=anchor.name)
        if newest is None or not is_wanted(anchor, state, newest, at_once=at_once):
            return None
        error = refusal_of(anchor, newest)
        if error:
            state.wait_longer(error, timezone.now())
        else:
            went_on(anchor, state, newest)
        state.save(using=using)
    return Given(anchor.name, error)


def is_wanted(anchor: Anchor, state: EventAnchor, newest: Checkpoint, *, at_once: bool) -> bool:
    if state.made_at is not None and newest.made_at <= state.made_at:
        return False
    is_due = state.made_at is None or newest.made_at >= due(anchor, state.made_at)
    return at_once or (is_due and state.may_be_tried(timezone.now()))


def due(anchor: Anchor, made_at: datetime) -> datetime:
    """After the checkpoint that was made then."""
    return made_at + timedelta(minutes=anchor.minutes) - EARLY


def refusal_of(anchor: Anchor, checkpoint: Checkpoint) -> str:
    try:
        anchor.sender.send(message(checkpoint))
    except Refused as refusal:
        return redactor_in_force().text(str(refusal))[:500] or "It was refused."
    return ""


def went_on(anchor: Anchor, state: EventAnchor, checkpoint: Checkpoint) -> None:
    state.forget_failures()
    state.last_success, state.made_at, state.size = timezone.now(), checkpoint.made_at, checkpoint.size
    state.due_at = due(anchor, checkpoint.made_at)


# --- what is said ---
def message(checkpoint: Checkpoint) -> Message:
    """In the site's language. The note stands by itself between empty lines, as `copies.py` looks for it."""
    host, moment = urlsplit(site()).hostname, f"{checkpoint.made_at:%Y-%m-%d %H:%M} UTC"
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("Checkpoint of the event log, %(moment)s") % {"moment": moment}
        lines = (
            gettext("What the event log of %(site)s was, %(moment)s, signed.") % {"site": host, "moment": moment},
            gettext("Keep this message as it is: by it can be proven later that nothing from before was altered."),
            checkpoint.note.strip(),
            gettext("To compare, save it to a file: manage.py eventlog_verify --checkpoints FILE"),
        )
    return Message(
        id=f"msg_{hashlib.sha256(checkpoint.note.encode()).hexdigest()[:32]}",
        subject=f"[{host}] {subject}",
        text="\n\n".join(lines) + "\n",
        html="",
        chat="",
        data=for_programs(checkpoint),
        type="eventlog.checkpoint",
    )


def for_programs(checkpoint: Checkpoint) -> dict[str, Any]:
    root = base64.b64encode(checkpoint.root).decode()
    said = {"name": checkpoint.key_name, "size": checkpoint.size, "root": root, "made_at": checkpoint.made_at}
    return {**said, "note": checkpoint.note}
