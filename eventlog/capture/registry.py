"""Which models are audited, and how: from the settings, and from `audited(...)` beside a model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from eventlog.conf import conf

M = TypeVar("M", bound=type[models.Model])

# Bookkeeping, and what is recorded by other means.
NEVER = frozenset(
    {
        "eventlog",
        "authtoken",
        "sessions",
        "contenttypes",
        "migrations",
        "token_blacklist",
        "admin",
        "django_celery_results",
        "django_celery_beat",
    }
)
NEVER_MODELS = frozenset({"auth.permission"})


@dataclass(frozen=True, slots=True)
class Audit:
    """How one model is audited. `name` is the entity's; `fields`, where given, are the only ones that count.

    Fields are meant by their name or, of a foreign key, by its column's (`siswa` or `siswa_id`).
    """

    name: str
    fields: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    mask: frozenset[str] = frozenset()


@dataclass(slots=True)
class Registry:
    """`chosen` by `audited(...)`, by label; `found` holds the answers under the settings `wanted` and `excluded`."""

    chosen: dict[str, Audit] = field(default_factory=dict)
    found: dict[type[models.Model], Audit | None] = field(default_factory=dict)
    wanted: Any = None
    excluded: Any = None


registry = Registry()


@overload
def audited(model: M) -> M: ...
@overload
def audited(
    model: M, *, name: str = "", fields: tuple[str, ...] = (), exclude: tuple[str, ...] = (), mask: tuple[str, ...] = ()
) -> M: ...
@overload
def audited(
    *, name: str = "", fields: tuple[str, ...] = (), exclude: tuple[str, ...] = (), mask: tuple[str, ...] = ()
) -> Callable[[M], M]: ...
def audited(
    model: Any = None,
    *,
    name: str = "",
    fields: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    mask: tuple[str, ...] = (),
) -> Any:
    """Audit a model: `audited(Siswa, name="siswa", mask=["alamat"])`, or as a decorator of its class.

    `name` is the entity's name in event types; `fields` are the only ones recorded, `exclude` never are, and of
    `mask` only that they changed.
    """
    if model is None:
        return lambda decorated: audited(decorated, name=name, fields=fields, exclude=exclude, mask=mask)
    how = Audit(name or model._meta.model_name, frozenset(fields), frozenset(exclude), frozenset(mask))
    registry.chosen[concrete_label(model)] = how
    registry.found.clear()
    if apps.models_ready:
        from eventlog.capture import changes

        changes.connect_model(model)
    return model


def audit_of(model: type[models.Model]) -> Audit | None:
    """How `model` is audited; None where it is not. A proxy is audited as its concrete model is."""
    wanted, excluded = conf.AUDITED_MODELS, conf.EXCLUDED_MODELS
    if wanted is not registry.wanted or excluded is not registry.excluded:
        registry.wanted, registry.excluded = wanted, excluded
        registry.found.clear()
    if model not in registry.found:
        registry.found[model] = find(concrete_label(model), wanted, excluded)
    return registry.found[model]


def concrete_label(model: type[models.Model]) -> str:
    return (model._meta.concrete_model or model)._meta.label_lower


def is_account(model: type[models.Model]) -> bool:
    return issubclass(model, get_user_model())


def is_watched(model: type[models.Model]) -> bool:
    """Whether changes of its records are told, by themselves or as what becomes of an account."""
    return conf.ENABLED and (audit_of(model) is not None or is_account(model))


def find(label: str, wanted: Any, excluded: tuple[str, ...]) -> Audit | None:
    if label in registry.chosen:
        return registry.chosen[label]
    app, _, model = label.partition(".")
    if wanted == "*":
        left_out = app in NEVER or label in NEVER_MODELS or label in {name.lower() for name in excluded}
        return None if left_out else Audit(model)
    options = {name.lower(): options for name, options in wanted.items()}.get(label)
    return None if options is None else from_options(model, options)


def from_options(model: str, options: dict[str, Any]) -> Audit:
    sets = {name: frozenset(options.get(name, ())) for name in ("fields", "exclude", "mask")}
    return Audit(str(options.get("name", model)), **sets)
