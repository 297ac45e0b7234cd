"""The ledger of what was erased, kept outside of the database, and erasing it again after an old backup was put back.

The file is in `CHECKPOINT_DIR`, a line of JSON for each entry of `event_removals` that is of an erasure (or says of an
archive's file that it was written anew because of one), hashed and signed as it is there. It has ids of events and
hashes, and names nobody. For the tables that are found by names there is a line for each person: a keyed hash of how
the person was asked for, which whoever has SECRET_KEY can tell again.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils import timezone

from eventlog.conf import conf
from eventlog.integrity import erasures, guards, keys, removals
from eventlog.integrity.ledger import Ledger
from eventlog.integrity.removals import HASHED
from eventlog.models import Archive, Removal, SubjectKey, SubjectRequest
from eventlog.models.event import moment_of
from eventlog.models.proof import ARCHIVE, ERASURE
from eventlog.models.subject import DONE, ERASE
from eventlog.retention.partitions import ALONE, become_owner
from eventlog.retention.restore import TABLE
from eventlog.subjects import tables
from eventlog.subjects.archived import number
from eventlog.subjects.person import Person, account_kind, fingerprints, identifying, words_of_record

FILE: Final = "erasures.ndjson"
PERSON: Final = "person"
KEY: Final = "key"  # of encryption, that was destroyed
OURS: Final = Q(kind=ERASURE) | Q(kind=ARCHIVE, facts__has_key="rows_sha256")
OF_IDS: Final = "id = ANY(%s::uuid[]) AND timestamp >= %s AND timestamp < %s + interval '1 millisecond'"


class NotSigned(ValueError):
    """A line is not what was written down."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Of one line: how many parts of events, or rows of other tables, were erased again."""

    parts: int = 0
    rows: int = 0


# --- keeping it ---
def publish(using: str, *, ending: UUID) -> None:
    """Append what the file does not have yet, the erasure that is about to end included, and wait until the disk has
    it. Raises OSError."""
    if conf.CHECKPOINT_DIR is None:
        return
    conf.CHECKPOINT_DIR.mkdir(parents=True, exist_ok=True)
    path = conf.CHECKPOINT_DIR / FILE
    known = {line["id"] for line in read(path)}
    new = b"".join(written(line) for line in lines(using, ending) if line["id"] not in known)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, new and b"\n" + new)  # behind one that may have been cut off
        os.fsync(file)
    finally:
        os.close(file)


def lines(using: str, ending: UUID) -> Iterator[Mapping[str, Any]]:
    for each in Removal.objects.using(using).filter(OURS).order_by("id").iterator():
        yield {
            "id": str(each.id),
            "kind": each.kind,
            "made_at": each.made_at.isoformat(),
            "facts": each.facts,
            "ids": None if each.ids is None else bytes(each.ids).hex(),
            "signature": None if each.signature is None else bytes(each.signature).hex(),
        }
    done = SubjectRequest.objects.using(using).filter(Q(kind=ERASE, state=DONE) | Q(pk=ending)).order_by("id")
    for key, made in done.values_list("id", "fingerprint"):
        yield {"id": str(key), "kind": PERSON, "fingerprint": made}
    destroyed = SubjectKey.objects.using(using).exclude(destroyed_at=None).order_by("id")
    for key in destroyed.values_list("id", flat=True):
        signature = signed(key)
        yield {"id": str(key), "kind": KEY, "signature": signature and signature.hex()}


def signed(key: UUID) -> bytes | None:
    signer = keys.signer()
    return None if signer is None else signer.sign(said_of(key))


def said_of(key: UUID) -> bytes:
    return sha256(b"eventlog destroyed key 1\n" + key.bytes).digest()


def written(line: Mapping[str, Any]) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def read(path: Path) -> Iterator[Mapping[str, Any]]:
    """All whole lines. Raises OSError where the file is there and cannot be read."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                yield orjson.loads(line)
            except ValueError:
                continue  # a crash has cut it off; it was written again


# --- doing it again ---
def replay(path: Path, using: str) -> Iterator[Replayed]:
    """Line by line, each a transaction; twice is once. Raises NotSigned, and OSError."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    people = set()
    for line in read(path):
        if line["kind"] == PERSON:
            people.add(line["fingerprint"])
        elif line["kind"] == KEY:
            yield Replayed(rows=destroyed_again(line, using))
        else:
            yield Replayed(parts=done_again(line, using))
    yield Replayed(rows=forgotten_again(people, using))


def row_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """As it is to be in the table. Raises NotSigned."""
    row: dict[str, Any] = {
        "id": UUID(line["id"]),
        "kind": line["kind"],
        "made_at": datetime.fromisoformat(line["made_at"]),
        "facts": line["facts"],
        "first_timestamp": None,
        "end_timestamp": None,
        "ids": None if line["ids"] is None else bytes.fromhex(line["ids"]),
    }
    assert set(row) == set(HASHED)
    digest = removals.hashed(row)
    return {**row, "hash": digest, "signature": verified(line, digest) or None}


def verified(line: Mapping[str, Any], message: bytes) -> bytes:
    """The line's signature of the message. Raises NotSigned."""
    signature, verifiers = bytes.fromhex(line["signature"] or ""), keys.verifiers()
    if verifiers and not any(each.verifies(signature, message) for each in verifiers):
        raise NotSigned(f"no key of SIGNING_KEY has signed {line['id']}")
    return signature


def destroyed_again(line: Mapping[str, Any], using: str) -> int:
    key = UUID(line["id"])
    verified(line, said_of(key))
    gone = {"wrapped": None, "entity_id": "", "destroyed_at": timezone.now()}
    return SubjectKey.objects.using(using).in_use().filter(pk=key).update(**gone)


def done_again(line: Mapping[str, Any], using: str) -> int:
    row = row_of(line)
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(ALONE)
        become_owner(cursor)
        if not Removal.objects.using(using).filter(pk=row["id"]).exists():
            Removal(**row).save(using=using, force_insert=True)
        if row["kind"] == ARCHIVE:
            as_rewritten(row["facts"], using)
            return 0
        with guards.allowing("UPDATE events", using=using):
            return erased_again(cursor, row["ids"])


def erased_again(cursor: CursorWrapper, packed: bytes) -> int:
    ids = [UUID(bytes=packed[place : place + 16]) for place in range(0, len(packed), 16)]
    where = [list(map(str, ids)), moment_of(ids[0]), moment_of(ids[-1])]  # they are in the order of time
    return erasures.apply(cursor, TABLE, OF_IDS, where, Ledger(cursor, frozenset()))


def as_rewritten(facts: Mapping[str, Any], using: str) -> None:
    """The file has another name and sum since; of one that was written anew once more this line is of before."""
    sums = {name: bytes.fromhex(facts[name]) for name in ("sha256", "rows_sha256")}
    for archive in Archive.objects.using(using).select_for_update().filter(pk=facts["made"]):
        if number(archive.path) < number(facts["path"]):
            archive.path, archive.byte_count = facts["path"], facts["bytes"]
            archive.sha256, archive.rows_sha256 = sums["sha256"], sums["rows_sha256"]
            archive.save(using=using, update_fields=["path", "byte_count", *sums])


def forgotten_again(people: set[str], using: str) -> int:
    """In the tables that are found by names, those accounts that were asked for by this name or number."""
    done = 0
    for account in get_user_model()._default_manager.using(using).iterator():
        name = account.get_username()
        if people & {*fingerprints(name), *fingerprints(str(account.pk))}:
            done += sum(tables.erase(person_of(account), UUID(int=0), using))
    return done


def person_of(account: Any) -> Person:
    words = words_of_record(account_kind(), str(account.pk), identifying())
    return Person(user_id=account.pk, usernames=(account.get_username().lower(),), words=tuple(words))
