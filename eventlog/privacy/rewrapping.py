"""Wrapping data keys anew with the first of `ENCRYPTION_KEYS`, so that the others can go. What they encrypt stays.

Each step is a transaction of its own. Killed between two, or run twice, it goes on where it was: a key is under one
master key or under another, and is found by that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Count

from eventlog.models import Archive, SubjectKey
from eventlog.models.archive import WRITING
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy import keyring
from eventlog.privacy.encryption import whose
from eventlog.privacy.envelopes import Subject
from eventlog.privacy.keyring import Damaged, Keyring, Wrapped
from eventlog.retention import filekeys

AT_ONCE: Final = 500
FIRST: Final = UUID(int=0)
WRAP: Final = """
UPDATE event_subject_keys k SET master_key = %s, wrapped = v.wrapped
FROM unnest(%s::uuid[], %s::bytea[]) v(id, wrapped) WHERE k.id = v.id"""


@dataclass(frozen=True, slots=True)
class Step:
    """How many keys were wrapped anew; `passed` could not be, for lack of the key that they are under."""

    subjects: int = 0
    files: int = 0
    passed: int = 0

    def __add__(self, other: "Step") -> "Step":
        return Step(self.subjects + other.subjects, self.files + other.files, self.passed + other.passed)


def rewrap() -> Iterator[Step]:
    """Raises keyring.Unusable. May be interrupted anywhere."""
    ring, using = keyring.keyring(), events_alias()
    last: UUID | None = FIRST
    while last is not None:
        step, last = some_subjects(ring, last, using)
        yield step
    for key in waiting_files(ring.first, using):
        yield one_file(ring, key, using)


def some_subjects(ring: Keyring, after: UUID, using: str) -> tuple[Step, UUID | None]:
    """The next behind that one; the last of them, None where there are no more."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        keys = SubjectKey.objects.using(using).wrapped_by_others(ring.first).filter(pk__gt=after)
        found = list(keys.order_by("pk").select_for_update()[:AT_ONCE])
        texts = {str(key.pk): text for key in found if (text := wrapped_anew(ring, key)) is not None}
        cursor.execute(WRAP, [ring.first, list(texts), list(texts.values())])
    return Step(subjects=len(texts), passed=len(found) - len(texts)), found[-1].pk if found else None


def wrapped_anew(ring: Keyring, key: SubjectKey) -> bytes | None:
    """None where it cannot be: its master key is missing, or the row was altered."""
    about = whose(str(key.pk), Subject(key.entity_type, key.entity_id))
    if key.master_key not in ring.secrets or key.wrapped is None:
        return None
    try:
        secret = ring.unwrap(Wrapped(key.master_key, bytes(key.wrapped)), about, what=f"the subject's key {key}")
    except Damaged:
        return None
    return ring.wrap(secret, about).text


# --- files ---
def waiting_files(first: str, using: str) -> list[UUID]:
    """Not of one that is being written, for whoever writes it writes its row again."""
    files = Archive.objects.using(using).locked().exclude(key_name=first).exclude(state=WRITING)
    return list(files.order_by("pk").values_list("pk", flat=True))


def one_file(ring: Keyring, key: UUID, using: str) -> Step:
    with transaction.atomic(using=using):
        archive = Archive.objects.using(using).select_for_update().get(pk=key)
        if archive.key_name not in ring.secrets:
            return Step(passed=1)
        try:
            secret = filekeys.secret_of(archive)
        except Damaged:
            return Step(passed=1)
        filekeys.lock(archive, secret or b"")
        archive.save(using=using, update_fields=["key_name", "wrapped_key"])
    return Step(files=1)


# --- what is where ---
def holders() -> dict[str, dict[str, int]]:
    """{master key: {"subjects": …, "files": …}}: how many keys each holds."""
    using, found = events_alias(), dict[str, dict[str, int]]()
    files = Archive.objects.using(using).locked().order_by().values_list("key_name").annotate(Count("pk"))
    counts = {"subjects": SubjectKey.objects.using(using).counts_by_master(), "files": dict(files)}
    for what, numbers in counts.items():
        for name, number in numbers.items():
            found.setdefault(name, {"subjects": 0, "files": 0})[what] = number
    return found


def to_do(first: str) -> int:
    """How many keys are under another than this one."""
    return sum(sum(numbers.values()) for name, numbers in holders().items() if name != first)
