"""Which models are audited, and how: from the settings, and from `audited(...)` beside a model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, TypeVar, overload

from django.apps import apps
from django.conf import settings
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
IGNORED_FIELDS = frozenset({"last_login"})  # changes with every sign-in, which is an event itself


@dataclass(frozen=True, slots=True)
class Audit:
    """How one model is audited. `name` is the entity's; `fields`, where given, are the only ones that count; `read`
    says that looking at a record is an event too, `sensitive` that events about one are encrypted.

    Fields are meant by their name or, of a foreign key, by its column's (`siswa` or `siswa_id`).
    """

    name: str
    fields: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    mask: frozenset[str] = frozenset()
    read: bool = False
    sensitive: bool = False

    def keeps(self, names: set[str]) -> bool:
        """Whether the field that is called by these names counts. What changes by itself does if it is asked for."""
        if names & self.exclude:
            return False
        return bool(names & self.fields) if self.fields else not names & IGNORED_FIELDS

    def masks(self, names: set[str]) -> bool:
        return bool(names & self.mask)


@dataclass(slots=True)
class Registry:
    """`chosen` by `audited(...)`, by label, and told to `receivers`; `found`, `sensitive` and `called` hold the answers
    under the settings `wanted` and `excluded`."""

    receivers: list[Callable[[type[models.Model]], None]] = field(default_factory=list)
    chosen: dict[str, Audit] = field(default_factory=dict)
    found: dict[type[models.Model], Audit | None] = field(default_factory=dict)
    sensitive: frozenset[str] | None = None
    called: dict[str, type[models.Model]] | None = None
    wanted: Any = None
    excluded: Any = None

    def forget(self) -> None:
        self.found.clear()
        self.sensitive = self.called = None


registry = Registry()


@overload
def audited(model: M) -> M: ...
@overload
def audited(
    model: M,
    *,
    name: str = "",
    fields: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    mask: tuple[str, ...] = (),
    read: bool = False,
    sensitive: bool = False,
) -> M: ...
@overload
def audited(
    *,
    name: str = "",
    fields: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    mask: tuple[str, ...] = (),
    read: bool = False,
    sensitive: bool = False,
) -> Callable[[M], M]: ...
def audited(
    model: Any = None,
    *,
    name: str = "",
    fields: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    mask: tuple[str, ...] = (),
    read: bool = False,
    sensitive: bool = False,
) -> Any:
    """Audit a model: `audited(Siswa, name="siswa", mask=["alamat"])`, or as a decorator of its class.

    `name` is the entity's name in event types; `fields` are the only ones recorded, `exclude` never are, and of
    `mask` only that they changed. With `read`, looking at a record through the API or the admin is an event too. With
    `sensitive` the values in its events, and in requests about it, are encrypted (docs/encryption.md).
    """
    if model is None:
        how = {"name": name, "fields": fields, "exclude": exclude, "mask": mask, "read": read, "sensitive": sensitive}
        return partial(audited, **how)
    sets = frozenset(fields), frozenset(exclude), frozenset(mask)
    audit = Audit(name or model._meta.model_name, *sets, read=read, sensitive=sensitive)
    registry.chosen[concrete_label(model)] = audit
    registry.forget()
    for receive in registry.receivers:
        receive(model)
    return model


def give_to(receive: Callable[[type[models.Model]], None]) -> None:
    """Tell of each model that is chosen from now on."""
    if receive not in registry.receivers:
        registry.receivers.append(receive)


def audit_of(model: type[models.Model]) -> Audit | None:
    """How `model` is audited; None where it is not. A proxy is audited as its concrete model is."""
    look_at_settings()
    if model not in registry.found:
        registry.found[model] = find(model, conf.AUDITED_MODELS, conf.EXCLUDED_MODELS)
    return registry.found[model]


def look_at_settings() -> None:
    """Forget what was found under others."""
    wanted, excluded = conf.AUDITED_MODELS, conf.EXCLUDED_MODELS
    if wanted is not registry.wanted or excluded is not registry.excluded:
        registry.wanted, registry.excluded = wanted, excluded
        registry.forget()


def sensitive_entities() -> frozenset[str]:
    """What the models are called whose events are sensitive."""
    look_at_settings()
    if registry.sensitive is None:
        audits = map(audit_of, apps.get_models()) if apps.models_ready else ()
        registry.sensitive = frozenset(audit.name for audit in audits if audit is not None and audit.sensitive)
    return registry.sensitive


def model_called(entity: str) -> type[models.Model] | None:
    """The audited model whose records events call so."""
    look_at_settings()
    if registry.called is None:
        audits = ((audit_of(model), model) for model in reversed(apps.get_models()))
        registry.called = {audit.name: model for audit, model in audits if audit is not None}  # the first of a name
    return registry.called.get(entity)


def entity_name_of(model: type[models.Model]) -> str:
    """What events call a record of `model`, also one that is not audited."""
    audit = audit_of(model)
    return audit.name if audit is not None else model._meta.model_name or ""


def concrete_label(model: type[models.Model]) -> str:
    return (model._meta.concrete_model or model)._meta.label_lower


def is_account(model: type[models.Model]) -> bool:
    return is_kind_of(model, settings.AUTH_USER_MODEL)


@lru_cache(maxsize=1024)
def is_kind_of(model: type[models.Model], label: str) -> bool:
    return issubclass(model, apps.get_model(label))


def by_triggers(model: type[models.Model]) -> bool:
    """Whether PostgreSQL tells of the changes of this model, and Python does not."""
    labels = conf.TRIGGER_MODELS
    return bool(labels) and is_among(model, labels)


@lru_cache(maxsize=1024)
def is_among(model: type[models.Model], labels: tuple[str, ...]) -> bool:
    return concrete_label(model) in {label.lower() for label in labels}


def find(model: type[models.Model], wanted: Any, excluded: tuple[str, ...]) -> Audit | None:
    """The table of a many-to-many relation without a model of its own is told as a field of its owner."""
    label = concrete_label(model)
    if model._meta.auto_created:
        return None
    if label in registry.chosen:
        return registry.chosen[label]
    app, _, name = label.partition(".")
    if wanted == "*":
        left_out = app in NEVER or label in NEVER_MODELS or label in {each.lower() for each in excluded}
        return None if left_out else Audit(name)
    options = {each.lower(): options for each, options in wanted.items()}.get(label)
    return None if options is None else from_options(name, options)


def from_options(name: str, options: dict[str, Any]) -> Audit:
    sets = {option: frozenset(options.get(option, ())) for option in ("fields", "exclude", "mask")}
    read, sensitive = (bool(options.get(option)) for option in ("read", "sensitive"))
    return Audit(str(options.get("name", name)), **sets, read=read, sensitive=sensitive)
