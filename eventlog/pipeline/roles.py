"""The roles of users: remembered by the process, and asked for only where events are stored.

A request's thread looks into the memory and no further. An event whose user's role is not remembered says so, and is
given it before it is stored, by one query for all such users of the batch; the process remembers the answers.
"""

import time
from collections.abc import Collection
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.db import Error, transaction
from django.db.models import Min

MEMORY_SECONDS = 60.0
MAX_ROLES = 10_000
UNKNOWN = b'"user_role":null'  # no text of a record holds these bytes: its quotes are escaped
_roles: dict[Any, tuple[str, float]] = {}


def remembered(user_id: Any) -> str | None:
    """The role, empty for a user without one; None where it is not known."""
    role, until = _roles.get(user_id, (None, 0.0))
    return role if time.monotonic() < until else None


def forget() -> None:
    """Rights have changed; the other processes notice within a minute."""
    _roles.clear()


def filled(records: list[bytes]) -> list[bytes]:
    """The records, those that lack a role with the one their user has now; none, where it cannot be found out."""
    lacking = {}
    for place, record in enumerate(records):
        if UNKNOWN in record and "user_role" in (event := orjson.loads(record)) and event["user_role"] is None:
            lacking[place] = event
    if not lacking:
        return records
    known = roles_of({event.get("user_id") for event in lacking.values()})
    complete = list(records)
    for place, event in lacking.items():
        complete[place] = orjson.dumps({**event, "user_role": known.get(event.get("user_id"), "")})
    return complete


def roles_of(keys: Collection[Any]) -> dict[Any, str]:
    """From the memory, and from the database for the others, which are remembered then."""
    known = {key: role for key in keys if (role := remembered(key)) is not None}
    new = [key for key in keys if key not in known and key is not None]
    if not new:
        return known
    try:
        found = {**dict.fromkeys(new, ""), **asked(new)}
    except (Error, ValueError, TypeError):  # no such table, no right to read it; a key of another type
        return known
    if len(_roles) + len(found) > MAX_ROLES:
        _roles.clear()
    until = time.monotonic() + MEMORY_SECONDS
    _roles.update({key: (role, until) for key, role in found.items()})
    return {**known, **found}


def asked(keys: list[Any]) -> dict[Any, str]:
    """In one query, under a savepoint where a transaction is open: it must not break that one."""
    model = get_user_model()
    users = model._base_manager.filter(pk__in=keys)
    if any(field.name == "groups" for field in model._meta.many_to_many):
        users = users.annotate(eventlog_group=Min("groups__name"))
    with transaction.atomic(using=users.db):
        return {user.pk if isinstance(user.pk, int) else str(user.pk): role_of(user) for user in users}


def role_of(user: Any) -> str:
    """`admin` for superusers, else the first group by name, else `staff` or nothing."""
    if getattr(user, "is_superuser", False):
        return "admin"
    return getattr(user, "eventlog_group", None) or ("staff" if getattr(user, "is_staff", False) else "")
