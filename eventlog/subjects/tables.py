"""The event log's other tables that can name a person: what of each is struck, and what goes.

`PLACES` and `NAMELESS` together are all columns that hold text or JSON; a test holds them against the models.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connections, models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from eventlog.blocking.blocks import normalised
from eventlog.models import (
    Alert,
    Block,
    DeadLetter,
    EventAnchor,
    EventFinding,
    EventForward,
    EventMute,
    EventNotification,
    Hold,
    SavedView,
    SubjectRequest,
    UserDay,
)
from eventlog.models.notification import WAITING, WITHDRAWN
from eventlog.models.subject import DONE, OPEN
from eventlog.subjects import sealed
from eventlog.subjects.parts import JSON, PERSONAL, Found, change_of
from eventlog.subjects.person import Person
from eventlog.subjects.striking import ERASED

ROWS_AT_ONCE: Final = 500
KEEP_IT: Final = ("username", "entity_id", "user")  # of a hold in force: by them it keeps what it is about
COUNT: Final = """
INSERT INTO event_user_days (day, user_id, event_category, event_count)
SELECT day, %(nobody)s, event_category, event_count FROM gone
ON CONFLICT (day, user_id, event_category)
DO UPDATE SET event_count = event_user_days.event_count + excluded.event_count"""
MOVE: Final = f"WITH gone AS (DELETE FROM event_user_days WHERE user_id = %(user_id)s RETURNING *) {COUNT}"


@dataclass(frozen=True, slots=True)
class Place:
    """`texts` and `values` (JSON) are struck. `targets` say of whom a row is and are told apart, so what is left of
    them gets a mark. `user` is a reference to the account."""

    model: type[models.Model]
    texts: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    user: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.texts, *self.values, *self.targets)


PLACES: Final = (
    Place(Alert, ("assignee_name", "reason"), ("data", "notes"), ("target",), "assignee"),
    Place(EventFinding, (), ("data",), ("target",)),
    Place(EventNotification, ("channel", "last_error")),
    Place(EventMute, ("reason", "username"), (), ("target",), "user"),
    Place(Hold, ("username", "entity_id", "reason", "placed_by", "lifted_by", "lift_reason"), user="user"),
    Place(SavedView, ("address",), (), ("name",)),
    Place(EventForward, ("last_error",)),
    Place(EventAnchor, ("last_error",)),
    Place(DeadLetter, ("reason", "decided_by", "note")),
    Place(
        SubjectRequest,
        ("asked_by", "entered_by", "decided_by", "reason", "username", "entity_id"),
        user="entered_by_user",
    ),
)
# Erased in a way of their own (below, and `rows.py`), or holding nobody's name: numbers, ids, kinds, states, our words.
NAMELESS: Final[Mapping[str, tuple[str, ...]]] = {
    "Alert": ("rule", "event_type", "severity", "state"),
    "Archive": ("path", "state", "key_name"),
    "Block": ("username", "reason"),  # whole rows go
    "Checkpoint": ("key_name", "note"),
    "DeadLetter": ("sqlstate", "record", "state"),  # `record` as an event is
    "EndpointRollup": ("event_category", "endpoint", "server_name"),
    "EventAnchor": ("name",),
    "EventBatch": ("writer", "sealer"),
    "EventFinding": ("rule", "event_type", "severity", "events"),
    "EventForward": ("sink", "place"),
    "EventMute": ("rule",),
    "EventNotification": ("kind", "severity", "state"),
    "EventSweep": ("name", "place"),
    "Hold": ("entity_type", "request_id"),
    "LogEntry": ("kind",),
    "OutboxEvent": ("record", "change"),  # stored before anything is erased
    "Removal": ("kind", "facts"),
    "Rollup": ("event_category", "event_type", "severity", "event_status"),
    "SubjectKey": ("entity_type", "entity_id", "master_key"),  # destroyed, which takes the name
    "SubjectRequest": ("kind", "entity_type", "state", "fingerprint", "plan"),
    "UserDay": ("event_category",),
}


def erase(person: Person, request: UUID, using: str) -> Iterator[int]:
    """One step each; how many rows it has changed."""
    steps: tuple[Callable[[Person, UUID, str], int], ...] = (user_days, blocks, views)
    for step in steps:
        yield step(person, request, using)
    for place in PLACES:
        yield from in_place(place, person, request, using)


# --- tables of names ---
def in_place(place: Place, person: Person, request: UUID, using: str) -> Iterator[int]:
    """Of findings and alerts there may be many: some at once, in the order of their keys."""
    after: Any = None
    while True:
        with transaction.atomic(using=using):
            found = some(place, person, after, request, using)
            changed = sum(struck(row, place, person) for row in found)
        if not found:
            return
        yield changed
        after = found[-1].pk


def some(place: Place, person: Person, after: Any, request: UUID, using: str) -> list[Any]:
    parts = [part for name in place.columns for part in (Cast(name, models.TextField()), Value(" "))]
    rows = place.model._base_manager.using(using).annotate(
        everything=Concat(*parts, Value(""), output_field=models.TextField())
    )
    named = Q(everything__iregex=person.striker.pattern) | of_account(place, person)
    if place.model is SubjectRequest:
        rows = rows.exclude(pk=request)  # it is needed until the end
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.filter(named).select_for_update().order_by("pk")[:ROWS_AT_ONCE])


def of_account(place: Place, person: Person) -> Q:
    if person.user_id is None:
        return Q(pk__in=[])
    own = Q(**{f"{place.user}_id": person.user_id}) if place.user else Q(pk__in=[])
    return own | (Q(target=f"account:{person.user_id}") if place.targets == ("target",) else Q(pk__in=[]))


def struck(row: Any, place: Place, person: Person) -> int:
    striker, before = person.striker, {name: getattr(row, name) for name in place.columns}
    kept = kept_of(row)
    for name in [name for name in place.texts if name not in kept]:
        setattr(row, name, text_of(row, name, person))
    for name in place.values:
        setattr(row, name, striker.value(getattr(row, name)).value)
    for name in place.targets:
        setattr(row, name, target_of(row, name, person))
    changed = [name for name, value in before.items() if getattr(row, name) != value]
    changed += withdrawn(row, changed)
    if place.user and place.user not in kept and str(getattr(row, f"{place.user}_id")) == str(person.user_id):
        setattr(row, f"{place.user}_id", None)
        changed.append(place.user)
    if changed:
        row.save(update_fields=changed)
    return int(bool(changed))


def kept_of(row: Any) -> tuple[str, ...]:
    """What is needed for as long as it stands."""
    if isinstance(row, SubjectRequest) and row.state == OPEN:
        return ("entered_by_user",)  # whoever it is may not confirm it; nothing when it is decided
    return KEEP_IT if isinstance(row, Hold) and row.is_in_force else ()


def text_of(row: Any, name: str, person: Person) -> str:
    value: str = getattr(row, name)
    if name == "entity_id" and value in person.records.get(row.entity_type, ()):
        return ERASED
    if name == "username" and value and value == str(person.user_id):
        return ERASED
    return cut(row, name, person.striker.text(value))


def target_of(row: Any, name: str, person: Person) -> str:
    """It stays the only one of its kind."""
    value, mark = str(getattr(row, name)), f"[erased {str(row.pk)[-8:]}]"
    if value == f"account:{person.user_id}":
        return f"account:{mark}"
    return cut(row, name, person.striker.text(value, mark))


def cut(row: Any, name: str, value: str) -> str:
    return value[: row._meta.get_field(name).max_length]


def withdrawn(row: Any, changed: list[str]) -> list[str]:
    """What cannot be delivered any more is not tried again and again."""
    if not isinstance(row, EventNotification) or "channel" not in changed or row.state != WAITING:
        return []
    row.state = WITHDRAWN
    return ["state"]


# --- in ways of their own ---
def user_days(person: Person, request: UUID, using: str) -> int:
    """Their counts are nobody's from now on: totals stay."""
    if person.user_id is None:
        return 0
    with connections[using].cursor() as cursor:
        cursor.execute(MOVE, {"user_id": person.user_id, "nobody": nobody()})
        return max(int(cursor.rowcount), 0)


def nobody() -> Any:
    """A key that no account has."""
    field = UserDay._meta.get_field("user").target_field
    if isinstance(field, models.IntegerField):
        return 0
    return str(UUID(int=0)) if isinstance(field, models.UUIDField) else ""


def blocks(person: Person, request: UUID, using: str) -> int:
    names = [normalised(name) for name in person.usernames]
    named = Q(username__in=names) | Q(address__in=person.addresses)
    return Block.objects.using(using).filter(named).delete()[0]


def views(person: Person, request: UUID, using: str) -> int:
    """The person's own; those of others are struck."""
    own = SavedView.objects.using(using).filter(owner_id=person.user_id)
    return own.delete()[0] if person.user_id is not None else 0


def dead_letters(person: Person, request: UUID, using: str) -> Iterator[int]:
    """As an event is; what cannot be read goes where it names the person."""
    after = 0
    while True:
        with transaction.atomic(using=using):  # who stores one after all is waited for
            some = DeadLetter.objects.using(using).select_for_update().filter(pk__gt=after)
            letters = list(some.order_by("pk")[:ROWS_AT_ONCE])
            changed = sum(letter_struck(each, person, using) for each in letters)
        if not letters:
            return
        yield changed
        after = letters[-1].pk


def letter_struck(letter: DeadLetter, person: Person, using: str) -> int:
    record = without(letter.record, person, using)
    if record == letter.record:
        return 0
    letter.record = record
    letter.save(using=using, update_fields=["record"])
    return 1


def without(record: str, person: Person, using: str) -> str:
    try:
        columns = orjson.loads(record)
        change = change_of(found(columns, using), person)
    except (ValueError, TypeError, KeyError, AttributeError):
        return ERASED if person.striker.compiled.search(record) else record
    if change is None:
        return record
    left = {name: parsed(name, value) for name, value in change.left.items() if name in change.values}
    return orjson.dumps({**columns, **left}).decode()


def found(columns: Mapping[str, Any], using: str) -> Found:
    """As if it were stored."""
    texts = {name: as_text(name, columns.get(name)) for name in PERSONAL}
    facts = {name: columns.get(name) or "" for name in ("event_type", "entity_type", "request_id", "is_sensitive")}
    row = {"id": columns["id"], "timestamp": timezone.now(), **facts, **texts}
    (values,) = sealed.opened([row], using)
    return Found.opened(row, {"actor": b"-", "subject": b"-"}, values)


def as_text(name: str, value: Any) -> Any:
    if name in JSON:
        return None if value is None else orjson.dumps(value).decode()
    return value if value is None or name == "user_id" else str(value)


def parsed(name: str, value: Any) -> Any:
    return orjson.loads(value) if name in JSON and value is not None else value


# --- the request itself ---
def forget_request(request: SubjectRequest, person: Person, using: str) -> None:
    """The last step of all: what was asked names nobody any more, and is done."""
    about = {"username": "", "entity_type": "", "entity_id": ""}
    people = {name: text_of(request, name, person) for name in ("asked_by", "entered_by", "decided_by")}
    done = {"state": DONE, "done_at": timezone.now(), "plan": None, "reason": "", "entered_by_user": None}
    SubjectRequest.objects.using(using).filter(pk=request.pk).update(**people, **about, **done)
