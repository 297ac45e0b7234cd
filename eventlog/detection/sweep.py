"""Looks at everything once more that was stored, in store order: so also at what a crash has kept from being looked at.

One step is one transaction: take the lock, read on from the place, judge, hand on what was found, and write the new
place down. Whoever dies leaves the old place, and the next one finds the same again, under the same ids.
"""

from time import monotonic
from typing import Final

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.detection import judging
from eventlog.detection.findings import hand_on
from eventlog.detection.history import SELECTED
from eventlog.detection.observations import Observation, of_row
from eventlog.detection.rules import SILENCE
from eventlog.models import EventSweep
from eventlog.models.order import Place, batches_after, newest_place
from eventlog.pipeline.outbox import events_alias

NAME: Final = "rules"
AT_ONCE: Final = 500  # events of a step; a batch that has more is one step
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('eventlog sweep'), hashtext(%s))"
# Without requests that were answered and belong to no session: no rule asks for them.
OF_BATCHES: Final = f"""
SELECT {SELECTED} FROM events AS e WHERE e.batch_id = ANY(%s::uuid[])
AND (e.event_type <> '{catalog.HTTP_REQUEST}' OR e.response_status >= 400 OR e.session_id <> '')"""


def sweep(*, seconds: float) -> int:
    """Step by step until nothing is left, or the time is up; how many events were stored since. Where somebody else is
    at it, nothing.

    Raises `django.db.Error`.
    """
    alias, end, swept = events_alias(), monotonic() + seconds, 0
    begin(alias)
    hand_on(list(SILENCE.until(timezone.now(), alias)) if SILENCE.is_enabled else [])
    while (step := one_step(alias)) is not None:
        swept += step
        if monotonic() > end:
            break
    return swept


def begin(alias: str) -> None:
    """With what is stored from now on: what is older has had its day, and `eventlog_doctor rules` tells of it."""
    known = EventSweep.objects.using(alias)
    if not known.filter(pk=NAME).exists():
        known.get_or_create(pk=NAME, defaults={"place": newest_place(alias).written()})


def one_step(alias: str) -> int | None:
    """How many events it was; None where nothing is left, or not for us."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(LOCK, [NAME])
        if not cursor.fetchone()[0]:
            return None
        state = EventSweep.objects.using(alias).get(pk=NAME)
        batches = batches_after(Place.read(state.place), limit=AT_ONCE, using=alias)
        if not batches:
            return None
        hand_on(judging.judge(events_of([str(batch.id) for batch in batches], alias), alias))
        state.place = batches[-1].place().written()
        state.save(using=alias)
        return sum(batch.event_count for batch in batches)


def events_of(batches: list[str], alias: str) -> list[Observation]:
    """In the order in which they happened (events_batch)."""
    with connections[alias].cursor() as cursor:
        cursor.execute(OF_BATCHES, [batches])
        found = [of_row(row) for row in cursor]
    return sorted(found, key=lambda each: (each.timestamp, each.id))
