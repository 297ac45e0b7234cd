"""Going on reading: events in store order behind a place, so that what is stored late is not missed."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from eventlog.models import EventQuerySet
from eventlog.models.order import START, Place, Stretch, newest_place

FROM_START, FROM_NOW = "start", "now"
STEP: Final = 500  # events that are looked at by one query
MAX_STEPS: Final = 20  # a call: a filter may fit few of many


def place_named(text: str, *, parameter: str, using: str) -> Place:
    """`start`, `now`, or a place as an answer gave it. Raises ValidationError."""
    if text == FROM_START:
        return START
    if text == FROM_NOW:
        return newest_place(using)
    try:
        return Place.read(text)
    except ValueError:
        raise ValidationError({parameter: [_("Give start, now, or what an answer said to go on from.")]}) from None


def read_on(events: EventQuerySet, after: Place, *, limit: int) -> Stretch:
    """The next events of these, at most `limit`; none, and a place further on, where a long way has none of them."""
    found: list[Any] = []
    for _step in range(MAX_STEPS):
        stretch = events.in_store_order(after, STEP)
        found += stretch.events
        if len(found) > limit:
            return Stretch(tuple(found[:limit]), found[limit - 1][0])
        if stretch.end == after:
            break
        after = stretch.end
        if len(found) == limit:
            break
    return Stretch(tuple(found), after)
