"""Which way an event is kept safe; decided here and never by the caller.

A change inside a transaction on the events' database goes into that transaction (outbox): it is there if and only if
the change is. Everything else goes to the journal at once, so that a refused or failed request keeps its events.
"""

import asyncio
from contextlib import nullcontext
from functools import partial

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from eventlog import catalog
from eventlog.conf import conf
from eventlog.pipeline import outbox, store, writer
from eventlog.record import EventRecord

ACCOUNT_CHANGES = (
    catalog.USER_REGISTER,
    catalog.PASSWORD_CHANGE,
    catalog.PASSWORD_RESET,
    catalog.PERMISSION_CHANGE,
    catalog.ACCOUNT_LOCK,
    catalog.ACCOUNT_UNLOCK,
)
URGENT_TYPES = (catalog.LOGIN_FAILED, catalog.TOKEN_REJECTED)


def keep(record: EventRecord, *, using: str | None = None) -> None:
    """Keep `record` safe. `using` is the alias of the database in which the change it tells of was made."""
    if conf.PIPELINE == "sync" and not in_event_loop():
        store_now(record)
    elif using is None and not is_change(record):
        to_journal(record)
    elif outbox.is_doomed(using):
        return  # the change it tells of will not be
    elif (connection := outbox.open_transaction(using)) is not None and put(record, connection, by_hand=using is None):
        writer.current().see_to_it()
    elif using is not None and using != outbox.events_alias() and connections[using].in_atomic_block:
        transaction.on_commit(partial(to_journal, record), using=using, robust=True)
    else:
        to_journal(record)


def put(record: EventRecord, connection: BaseDatabaseWrapper, *, by_hand: bool) -> bool:
    """Into the outbox; by hand under a savepoint, since the caller's transaction is none of our business."""
    with transaction.atomic(using=connection.alias) if by_hand else nullcontext():
        return outbox.put(record, connection)


def in_event_loop() -> bool:
    """Whether this is async code, which has no connection of its own to store on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def is_change(record: EventRecord) -> bool:
    """Whether it tells of a change in the database: a record's, or an account's. Having looked cannot be undone."""
    if record.event_type in ACCOUNT_CHANGES:
        return True
    if record.event_type == catalog.HTTP_REQUEST or record.action in catalog.LOOKS:
        return False
    return record.event_category == catalog.CRUD


def to_journal(record: EventRecord) -> None:
    urgent = record.event_category == catalog.SECURITY or record.event_type in URGENT_TYPES
    writer.current().append(record, urgent=urgent)


def store_now(record: EventRecord) -> None:
    """For tests: on the caller's connection, under a savepoint. In a broken transaction it would be rolled back."""
    if not outbox.is_doomed(None):
        store.write(store.Batch(records=[record.to_json()]))
