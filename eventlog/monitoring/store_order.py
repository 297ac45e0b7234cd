"""Whether what is stored has come from another cluster of PostgreSQL, and whether its order has gone on."""

from dataclasses import dataclass
from typing import Final

from django.db import connections

from eventlog.models import Epoch
from eventlog.models.epoch import NEWEST, NEXT

MOVED: Final = f"SELECT coalesce(({NEWEST}) >= ({NEXT}), false)"
# Batches that came in while a dump was being restored: newer than the newest that it brought, and before it. Batches
# that are stored at the same time may lie a little out of order.
PASSED_OVER: Final = """
SELECT count(*) FROM event_epochs e JOIN LATERAL (
    SELECT stored_at FROM event_batches WHERE stored_xid <= e.behind::text::xid8
    ORDER BY stored_xid DESC, id DESC LIMIT 1
) newest ON TRUE
JOIN event_batches b ON b.stored_xid < e.behind::text::xid8 AND b.stored_at > newest.stored_at + interval '1 minute'"""


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """`is_moved` where nothing has been stored in this cluster yet; `passed_over` batches are too far ahead."""

    is_moved: bool
    epochs: list[Epoch]
    passed_over: int


def store_order(using: str) -> StoreOrder:
    """Looks at all batches if there is an epoch. Raises `django.db.Error`."""
    epochs = list(Epoch.objects.using(using).order_by("id"))
    with connections[using].cursor() as cursor:
        cursor.execute(MOVED)
        is_moved = bool(cursor.fetchone()[0])
        cursor.execute(PASSED_OVER)
        return StoreOrder(is_moved, epochs, cursor.fetchone()[0])
