"""Everything that waits, stored now: by the scheduled task and by `eventlog_drain`."""

from eventlog.pipeline import store, writer


def drain() -> store.Stored:
    """Store the journals of dead processes and the outbox.

    What living processes (this one too) have in their journals is theirs to store. Raises `django.db.Error` where
    the database does not take it; what was stored before stays stored.
    """
    total = writer.drain_orphans(writer.current())
    while (moved := writer.store_outbox()).from_outbox:
        total += moved
    return total
