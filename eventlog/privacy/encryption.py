"""Encrypting the values of sensitive events while they are stored, and destroying a subject's key.

The table is asked for the keys of each batch, in the batch's own transaction; nothing is remembered, so a key that was
destroyed encrypts nothing more. Nobody waits for anybody: a key that another transaction is about to destroy or wrap
anew is passed over, and the subject is given a further one.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any, Final

import orjson
import uuid_utils
from django.db import DataError, connections, transaction
from django.db.backends.utils import CursorWrapper

from eventlog.pipeline.outbox import events_alias
from eventlog.privacy import keyring
from eventlog.privacy.envelopes import COLUMNS, EMPTY, DataKey, Subject, closed
from eventlog.privacy.keyring import Damaged, Keyring, Wrapped

SENSITIVE: Final = b'"is_sensitive":true'  # no text of a record holds these bytes: its quotes are escaped
TAKE_APART: Final = "SELECT e.key, e.value::text FROM jsonb_each(%s::jsonb) e"
# Locked until the COMMIT: what is encrypted with a key is stored before the key can be destroyed.
FIND: Final = """
SELECT k.id::text, k.entity_type, k.entity_id, k.master_key, k.wrapped FROM event_subject_keys k
JOIN unnest(%s::text[], %s::text[]) s(entity_type, entity_id) USING (entity_type, entity_id)
WHERE k.destroyed_at IS NULL AND k.wrapped IS NOT NULL AND k.master_key = ANY(%s)
ORDER BY k.id FOR SHARE OF k SKIP LOCKED"""
MAKE: Final = """
INSERT INTO event_subject_keys (id, entity_type, entity_id, master_key, wrapped)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[])"""
DESTROY: Final = """
UPDATE event_subject_keys SET wrapped = NULL, entity_id = '', destroyed_at = now() WHERE id IN (
    SELECT k.id FROM event_subject_keys k
    JOIN unnest(%s::text[], %s::text[]) s(entity_type, entity_id) USING (entity_type, entity_id)
    WHERE k.destroyed_at IS NULL ORDER BY k.id FOR UPDATE OF k)"""
STATEMENTS: Final = (FIND, MAKE)


def encrypted(records: list[bytes], cursor: CursorWrapper) -> list[bytes]:
    """The records as they are to be stored. Raises keyring.Unusable; nothing is stored in plain text then."""
    if not keyring.is_on():
        return records
    found = {
        place: columns for place, record in enumerate(records) if (columns := sensitive(record, cursor)) is not None
    }
    if not found:
        return records
    keys = keys_of({Subject.of(columns) for columns in found.values()}, cursor)
    complete = list(records)
    for place, columns in found.items():
        complete[place] = orjson.dumps(closed(columns, keys[Subject.of(columns)]))
    return complete


def sensitive(record: bytes, cursor: CursorWrapper) -> dict[str, Any] | None:
    """Its columns, if they hold something to encrypt."""
    if SENSITIVE not in record:
        return None
    columns = columns_of(record, cursor)
    if not isinstance(columns, dict) or columns.get("is_sensitive") is not True:
        return None
    return columns if any(columns.get(name) not in EMPTY for name in COLUMNS) else None


def columns_of(record: bytes, cursor: CursorWrapper) -> Any:
    """None where the database will refuse it, too. What is nested deeper than orjson reads stays as it is written."""
    with suppress(ValueError):
        return orjson.loads(record)
    with suppress(ValueError, DataError), transaction.atomic(using=cursor.db.alias):
        cursor.execute(TAKE_APART, [record.decode()])
        return {name: parsed(text.encode()) for name, text in cursor.fetchall()}
    return None


def parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return orjson.Fragment(text)


# --- keys ---
def keys_of(subjects: Collection[Subject], cursor: CursorWrapper) -> dict[Subject, DataKey]:
    """One for each: the oldest that there is and that can be unwrapped, or a new one."""
    ring = keyring.keyring()
    cursor.execute(FIND, [*unzipped(subjects), list(ring.secrets)])
    found: dict[Subject, DataKey] = {}
    for key, kind, entity, master, wrapped in cursor.fetchall():
        subject = Subject(kind, entity)
        if subject not in found:
            with suppress(Damaged):  # a row that somebody has altered must not stop the log
                found[subject] = unwrapped(ring, key, subject, Wrapped(master, bytes(wrapped)))
    return found | made([subject for subject in subjects if subject not in found], ring, cursor)


def made(subjects: list[Subject], ring: Keyring, cursor: CursorWrapper) -> dict[Subject, DataKey]:
    if not subjects:
        return {}
    new = [DataKey(str(uuid_utils.uuid7()), subject, keyring.new_secret()) for subject in subjects]
    texts = [ring.wrap(key.secret, whose(key.id, key.subject)).text for key in new]
    cursor.execute(MAKE, [[key.id for key in new], *unzipped(subjects), [ring.first] * len(new), texts])
    return {key.subject: key for key in new}


def unwrapped(ring: Keyring, key: str, subject: Subject, wrapped: Wrapped) -> DataKey:
    """Raises keyring.KeyMissing, and keyring.Damaged where the row was altered."""
    return DataKey(key, subject, ring.unwrap(wrapped, whose(key, subject), what=f"the subject's key {key}"))


def whose(key: str, subject: Subject) -> bytes:
    """What a wrapped key is bound to."""
    return keyring.about("subject key", key, subject.entity_type, subject.entity_id)


def unzipped(subjects: Iterable[Subject]) -> tuple[list[str], list[str]]:
    chosen = list(subjects)
    return [each.entity_type for each in chosen], [each.entity_id for each in chosen]


# --- the end of a key ---
def destroy(*subjects: Subject, using: str | None = None) -> int:
    """Make unreadable for ever what was encrypted for these subjects, in the table and in archives alike;
    how many keys that took. In the caller's transaction, where one is open. Twice is once.

    Waits for the batches that are being stored with these keys. A batch that gives a subject its first key at the same
    moment is not seen: whoever erases calls this once more when what he has erased is committed. Events of many
    records are under a key of their kind and the bodies of requests under that of who acted: he blanks those.
    """
    alias = using or events_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(DESTROY, unzipped(subjects))
        return int(cursor.rowcount)
