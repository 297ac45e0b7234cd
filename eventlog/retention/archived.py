"""What may go from the database: with ARCHIVE_DIR only what is archived, else all that is past its time."""

from typing import Any, Final

from eventlog.conf import conf

# Of the event `e`, with `values()`. What no batch holds was not recorded, but put there by hand: it stays.
MAY_GO: Final = """(NOT %(archives)s OR EXISTS (
    SELECT FROM event_archives a JOIN event_batches b ON b.id = e.batch_id
    WHERE a.state <> 'writing' AND a.day = (e.timestamp AT TIME ZONE 'UTC')::date
        AND b.stored_xid >= a.from_xid::text::xid8 AND b.stored_xid < a.until_xid::text::xid8))"""


def values() -> dict[str, Any]:
    return {"archives": bool(conf.ARCHIVE_DIR)}
