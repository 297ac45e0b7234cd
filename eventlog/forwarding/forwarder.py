"""Sends each sink what was stored since it was sent something last, in store order.

One step is one transaction: take the sink's lock, read on from its place, send, and write the new place down. Nothing
is missed, whoever commits when, and nobody else sends the same meanwhile. A process that dies between sending and its
commit leaves the old place, so that batch comes again: a receiver knows the events by their ids.

The lock is advisory, since a locked row would give the transaction an id: while it waits for a slow receiver, nothing
that is stored would be below `pg_snapshot_xmin`, and every other reader in store order would wait as well.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.forwarding.abreast import side_by_side
from eventlog.forwarding.parcels import Parcel, packed
from eventlog.forwarding.sinks import Gone, Refused
from eventlog.forwarding.targets import Target, targets
from eventlog.logger import log_event
from eventlog.models import Event, EventForward
from eventlog.models.order import START, Place, Stretch, newest_place
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy.redaction import redactor

AT_ONCE: Final = 500  # events of a step
MAX_BYTES: Final = 1 << 20  # of a step; receivers refuse larger bodies
RUN_SECONDS: Final = 8.0  # after which no step is begun: less than the schedule's period
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('eventlog forward'), hashtext(%s))"


@dataclass(frozen=True, slots=True)
class Step:
    """`is_last` says that there is nothing more to do now: all is sent, it failed, or somebody else is at it."""

    sent: int = 0
    failed: bool = False
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    sink: str
    sent: int
    failed: bool


def forward(names: Collection[str] | None = None, *, seconds: float = RUN_SECONDS) -> list[Run]:
    """All sinks, or those of these names, side by side, so that none waits for a slow one.

    Raises `django.db.Error` where the database does not answer, when the others are done.
    """
    chosen = [each for each in targets() if names is None or each.name in names]
    return side_by_side([partial(forward_one, each, seconds=seconds) for each in chosen], name="eventlog-forward")


def forward_one(target: Target, *, seconds: float) -> Run:
    """Step by step until nothing is left, or the time is up."""
    end = monotonic() + seconds
    begin(target)
    sent, step = 0, Step(is_last=False)
    while not step.is_last and monotonic() < end:
        step = one_step(target)
        sent += step.sent
    return Run(target.name, sent, step.failed)


def begin(target: Target) -> None:
    """A sink that is new begins where it is said to."""
    alias = events_alias()
    known = EventForward.objects.using(alias)
    if not known.filter(pk=target.name).exists():
        place = START if target.since_oldest else newest_place(alias)
        known.get_or_create(pk=target.name, defaults={"place": place.written()})


def one_step(target: Target) -> Step:
    alias = events_alias()
    with transaction.atomic(using=alias):
        if not is_locked(target.name, alias):
            return Step()
        state = EventForward.objects.using(alias).get(pk=target.name)
        if not state.is_due(timezone.now()):
            return Step(failed=True)
        place = Place.read(state.place)
        stretch = Event.objects.using(alias).filter(target.condition).in_store_order(place, AT_ONCE)
        if stretch.end == place:
            return Step()
        parcels, end = bounded(stretch, target)
        try:
            if parcels:
                target.sink.send(parcels)
        except Refused as refusal:
            is_news = state.failed(redacted(refusal), for_ever=isinstance(refusal, Gone))
            step = Step(failed=True)
        else:
            is_news = False
            state.went_on(end, sent=len(parcels))
            step = Step(len(parcels), is_last=False)
        state.save(using=alias)
    if is_news:
        tell(state)
    return step


def is_locked(name: str, alias: str) -> bool:
    """Whether the sink is ours until the transaction ends."""
    with connections[alias].cursor() as cursor:
        cursor.execute(LOCK, [name])
        return bool(cursor.fetchone()[0])


def bounded(stretch: Stretch, target: Target) -> tuple[list[Parcel], Place]:
    """As many as MAX_BYTES hold, but at least one; and the place where to go on."""
    parcels = packed([event for _place, event in stretch.events], target.form)
    size = 0
    for number, parcel in enumerate(parcels):
        size += len(parcel.line)
        if number and size > MAX_BYTES:
            return parcels[:number], stretch.events[number - 1][0]
    return parcels, stretch.end


def redacted(refusal: Refused) -> str:
    return redactor(conf.SENSITIVE_FIELDS).text(str(refusal))[:500]


def tell(state: EventForward) -> None:
    data: dict[str, Any] = {"sink": state.sink, "failures": state.failures, "failing_since": state.failing_since}
    data["stopped"] = state.stopped_at is not None
    name = f"Events not forwarded to {state.sink}"
    log_event(catalog.FORWARD_FAILED, event_name=name, error_message=state.last_error, event_data=data)


def resume(name: str) -> None:
    """Try a sink again at once, also one that wanted no more."""
    alias = events_alias()
    with transaction.atomic(using=alias):
        for state in EventForward.objects.using(alias).select_for_update().filter(pk=name):
            state.begin_anew().save(using=alias)


def facts() -> list[dict[str, Any]]:
    """How far the sinks are that were ever sent something; `configured` says whether they still are in FORWARD_TO."""
    known = {target.name for target in targets()}
    states = EventForward.objects.using(events_alias()).order_by("sink")
    return [{**state.facts(), "configured": state.sink in known} for state in states]
