"""As if a dump had been restored: batches whose places this cluster of PostgreSQL has not given."""

from itertools import count

from django.db import connection

from eventlog.models import EventBatch
from eventlog.tests.altering import altering

PLACES = count(10**15)


def comes_from_elsewhere(*batches: EventBatch) -> None:
    """In this order."""
    for batch in batches:
        put_at(next(PLACES), batch)


def put_at(place: int, batch: EventBatch) -> None:
    """Its seal is no longer what it was."""
    with altering(), connection.cursor() as cursor:
        cursor.execute("UPDATE event_batches SET stored_xid = %s::text::xid8 WHERE id = %s", [place, batch.pk])
