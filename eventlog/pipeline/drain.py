"""Everything that waits, stored now: by the scheduled task and by `eventlog_drain`."""

from collections.abc import Iterator

from eventlog.pipeline import store, writer


def drain(*moved_from: str) -> store.Stored:
    """Store the journals of dead processes and the outbox.

    `moved_from` are the digits of further databases, whose segments are to be stored in this one.

    What living processes (this one too) have in their journals is theirs to store. Raises `django.db.Error` where
    the database does not take it; what was stored before stays stored.
    """
    return sum(steps(*moved_from), store.Stored())


def steps(*moved_from: str) -> Iterator[store.Stored]:
    """As `drain`, one transaction a step."""
    yield from writer.drain_orphans(writer.current(), *moved_from)
    while (moved := writer.store_outbox()).from_outbox:
        yield moved
