"""A person, as events may know him: what is gathered once before anything is erased, and kept until all is.

Whose events are his is told by the account's number and name, and by the keys of the records that are about him: the
record itself, and those that would be deleted with it (`CASCADE`). Where others' events name him is found by words:
his names, what fields that name people hold (`IDENTIFYING_FIELDS`), and addresses and browsers that were his alone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from eventlog.columns import stored_key
from eventlog.conf import conf
from eventlog.registry import audit_of, entity_name_of
from eventlog.subjects.striking import Striker, usable

OWN: Final = ("admin", "staff", "api", "system", "database", "user", "users", "username")


@dataclass(frozen=True)
class Person:
    """`usernames` are in lower case. `kinds` are those of the records that are the person himself. `requests` are those
    that were about his records alone, `own_requests` those that came from him; `addresses` are his alone."""

    user_id: Any = None
    usernames: tuple[str, ...] = ()
    records: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    own_requests: tuple[str, ...] = ()

    @classmethod
    def read(cls, plan: Mapping[str, Any]) -> "Person":
        records = {kind: tuple(keys) for kind, keys in plan["records"].items()}
        lists = ("usernames", "kinds", "words", "addresses", "requests", "own_requests")
        return cls(user_id=plan["user_id"], records=records, **{name: tuple(plan.get(name, ())) for name in lists})

    def written(self) -> dict[str, Any]:
        user_id = self.user_id if isinstance(self.user_id, int | None) else str(self.user_id)
        return {**asdict(self), "user_id": user_id}

    @cached_property
    def striker(self) -> Striker:
        keys = {kind: frozenset(found) for kind, found in self.records.items()}
        words = usable([*self.words, *self.usernames, *self.addresses], besides=words_of_the_program())
        return Striker(words, keys, names_in_paths(keys), identifying())

    @property
    def pairs(self) -> list[str]:
        """Of the records, as SQL compares them."""
        return [pair(kind, key) for kind, keys in self.records.items() for key in keys]


def pair(kind: str, key: str) -> str:
    return f"{kind}\n{key}"


def names_in_paths(kinds: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What routes may call the records of a kind: the name that events have for it, and those of its model."""
    found: dict[str, set[str]] = {kind: {kind} for kind in kinds}
    for model in apps.get_models():
        if (kind := entity_name_of(model)) in found:
            meta = model._meta
            found[kind] |= {meta.model_name or "", slugify(str(meta.verbose_name_raw or ""))} - {""}
    return {kind: tuple(sorted(names, key=lambda name: (-len(name), name))) for kind, names in found.items()}


def identifying() -> frozenset[str]:
    """The fields that name people, in lower case."""
    return frozenset(each.lower() for each in conf.IDENTIFYING_FIELDS)


def words_of_the_program() -> frozenset[str]:
    """What it calls kinds of records, its parts and people's roles, which paths and texts are full of: an account that
    is called so, too, is not named by it."""
    kinds = (name for model in apps.get_models() for name in (entity_name_of(model), str(model._meta.model_name)))
    groups = Group._default_manager.values_list("name", flat=True)
    labels = (app.label for app in apps.get_app_configs())
    return frozenset(word.lower() for word in (*OWN, *kinds, *labels, *groups))


def fingerprint(username: str, entity_type: str, entity_id: str) -> str:
    """The same for the same person, and nothing to guess by for who does not know SECRET_KEY."""
    return fingerprints(username, entity_type, entity_id)[0]


def fingerprints(username: str, entity_type: str = "", entity_id: str = "") -> list[str]:
    """With SECRET_KEY, and with those that were before it."""
    about = "\n".join((username.lower(), entity_type, entity_id)).encode()
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (blake2b(secret.encode(), digest_size=32).digest() for secret in secrets)
    return [blake2b(about, key=key, digest_size=32).hexdigest() for key in keys]


# --- what the project's own tables know ---
def account_of(named: str) -> Any:
    """By name, else by number; None where there is none (any more)."""
    accounts = get_user_model()._default_manager
    found = accounts.filter(**{f"{get_user_model().USERNAME_FIELD}": named}).first()
    key = stored_key(named)
    return found if found is not None or key is None else accounts.filter(pk=key).first()


def account_kind() -> str:
    return entity_name_of(get_user_model())


def model_of(kind: str) -> type[models.Model] | None:
    """The audited model whose records events call so."""
    named = [model for model in apps.get_models() if (audit := audit_of(model)) is not None and audit.name == kind]
    return named[0] if named else None


@dataclass(frozen=True, slots=True)
class Belonging:
    """Records of `model`, which events call `kind`, that would be deleted with the one that `field` points at."""

    model: type[models.Model]
    kind: str
    field: "models.ForeignObject[Any, Any]"


def belongings(kind: str) -> list[Belonging]:
    model = model_of(kind)
    relations = [] if model is None else model._meta.related_objects
    return [
        Belonging(each.related_model, audit.name, each.field)
        for each in relations
        if each.on_delete is models.CASCADE and (audit := audit_of(each.related_model)) is not None
    ]


def record_of(kind: str, key: str) -> models.Model | None:
    """As it is now."""
    model = model_of(kind)
    value = None if model is None else stored(model, key)
    return None if model is None or value is None else model._base_manager.filter(pk=value).first()


def words_of_record(kind: str, key: str, fields: frozenset[str]) -> list[str]:
    """What the record itself calls itself now, and the values of its fields that name somebody."""
    row = record_of(kind, key)
    if row is None:
        return []
    named = [getattr(row, each.attname) for each in row._meta.concrete_fields if each.name in fields]
    called = getattr(row, "get_full_name", None)
    return [str(word) for word in (*named, str(row)[:200], called() if callable(called) else "") if word]


def stored(model: type[models.Model], key: str) -> Any:
    """The key as the model has it; None where it cannot be one."""
    try:
        return model._meta.pk.to_python(key)
    except (ValidationError, ValueError, TypeError):
        return None
