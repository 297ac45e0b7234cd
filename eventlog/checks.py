"""System checks: what would make the event log lose, miss or reveal something, said at start-up."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.checks import register as register_check
from django.db import connections
from django.urls import URLResolver, get_resolver

from eventlog import catalog
from eventlog.conf import SETTINGS, conf, given
from eventlog.pipeline.outbox import events_alias

MIDDLEWARE = "eventlog.capture.middleware.EventLoggingMiddleware"


def register() -> None:
    register_check(settings_are_right, Tags.compatibility)
    register_check(signals_are_there, Tags.compatibility)
    register_check(reset_views_are_there, Tags.urls)
    register_check(middleware_is_first, Tags.compatibility)
    register_check(journal_is_writable, Tags.files)
    register_check(database_is_postgresql, Tags.compatibility)
    register_check(bulk_writes_are_seen, Tags.compatibility)
    register_check(triggers_can_be_kept, Tags.compatibility)
    register_check(triggers_are_there, Tags.database)
    register_check(sinks_can_be_used, Tags.compatibility)


def settings_are_right(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    source = getattr(settings, "EVENTLOG", None) or {}
    if not isinstance(source, dict):
        return [Error("EVENTLOG must be a dict.", id="eventlog.E001")]
    problems: list[CheckMessage] = []
    for name, value in given(source).items():
        if name not in SETTINGS:
            hint = "Known are: " + ", ".join(sorted(SETTINGS)) + "."
            problems.append(Error(f"EVENTLOG has an unknown setting {name}.", hint=hint, id="eventlog.E002"))
            continue
        try:
            SETTINGS[name].parse(value)
        except (ValueError, json.JSONDecodeError) as expected:
            hint = "Its value is not shown." if SETTINGS[name].secret else f"It is {value!r}."
            problems.append(Error(f"EVENTLOG[{name!r}] must be {expected}.", hint=hint, id="eventlog.E003"))
    problems += unknown_models()
    if conf.PIPELINE == "celery":
        hint = 'Use "direct" (journal and writer thread) or, in tests, "sync".'
        problems.append(Error('EVENTLOG["PIPELINE"] = "celery" is not available.', hint=hint, id="eventlog.E004"))
    return problems


def unknown_models() -> list[CheckMessage]:
    labels = [*(conf.AUDITED_MODELS if conf.AUDITED_MODELS != "*" else ()), *conf.EXCLUDED_MODELS, *conf.TRIGGER_MODELS]
    known = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    hint = 'Models are named as "school.Siswa".'
    return [
        Error(f"EVENTLOG names a model that there is not: {label}.", hint=hint, id="eventlog.E006")
        for label in labels
        if label.lower() not in known
    ]


def signals_are_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.capture.signals import signal_at

    problems: list[CheckMessage] = []
    for path, event_type in conf.RECORDED_SIGNALS.items():
        if signal_at(path) is None:
            hint = "Give the dotted path of a django.dispatch.Signal, as in an import."
            problems.append(Error(f"RECORDED_SIGNALS: there is no signal {path}.", hint=hint, id="eventlog.E009"))
        if catalog.lookup(event_type) is None:
            message = f"RECORDED_SIGNALS: {event_type} is no event type of the catalogue."
            hint = f"It is kept as one of {catalog.SYSTEM}. Known are those of eventlog/catalog.py, and NAME_CREATE."
            problems.append(Warning(message, hint=hint, id="eventlog.W007"))
    return problems


def reset_views_are_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    known = frozenset(url_names(get_resolver().url_patterns)) if conf.PASSWORD_RESET_VIEWS else frozenset()
    hint = 'Give the name of a URL, with its namespace if it has one: "api:password-reset".'
    return [
        Warning(f"PASSWORD_RESET_VIEWS: no URL is called {name}.", hint=hint, id="eventlog.W008")
        for name in conf.PASSWORD_RESET_VIEWS
        if name not in known
    ]


def url_names(patterns: Iterable[Any], within: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from url_names(each.url_patterns, f"{within}{each.namespace}:" if each.namespace else within)
        elif each.name:
            yield f"{within}{each.name}"


def middleware_is_first(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        hint = f'Put "{MIDDLEWARE}" first in MIDDLEWARE.'
        return [
            Error("Requests are not recorded: the event log's middleware is missing.", hint=hint, id="eventlog.E005")
        ]
    if settings.MIDDLEWARE[0] != MIDDLEWARE:
        hint = "What an earlier middleware answers is never recorded. Put it first."
        return [Warning("The event log's middleware is not the first.", hint=hint, id="eventlog.W001")]
    return []


def journal_is_writable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    folder = conf.SPOOL_DIR
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    hint = "Events are in memory alone. Set EVENTLOG_SPOOL_DIR to a folder on a local disk that this user may write."
    return [Warning(f"The journal's folder {conf.SPOOL_DIR} cannot be written.", hint=hint, id="eventlog.W002")]


def database_is_postgresql(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    alias = events_alias()
    if connections[alias].vendor == "postgresql":
        return []
    hint = "Set DATABASE_URL to postgresql://…, or leave it unset for the embedded PostgreSQL."
    return [Error(f"Events are kept in PostgreSQL, and the database {alias!r} is not.", hint=hint, id="eventlog.E007")]


def bulk_writes_are_seen(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if conf.CAPTURE_BULK_WRITES:
        return []
    hint = "manage.py eventlog_coverage lists what is not seen."
    return [Warning("update(), bulk_create() and their kin are not recorded.", hint=hint, id="eventlog.W003")]


def triggers_can_be_kept(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether pgtrigger is there for `TRIGGER_MODELS`, and set so that the triggers follow the settings."""
    if not conf.TRIGGER_MODELS:
        return []
    if not apps.is_installed("pgtrigger"):
        hint = 'pip install django-pgtrigger, and add "pgtrigger" to INSTALLED_APPS.'
        return [Error("EVENTLOG['TRIGGER_MODELS'] needs django-pgtrigger.", hint=hint, id="eventlog.E008")]
    problems: list[CheckMessage] = []
    if getattr(settings, "PGTRIGGER_MIGRATIONS", True):
        hint = "Set PGTRIGGER_MIGRATIONS = False: the triggers follow EVENTLOG, not the migrations of your apps."
        problems.append(
            Warning("makemigrations would write the event log's triggers down.", hint=hint, id="eventlog.W004")
        )
    if not getattr(settings, "PGTRIGGER_INSTALL_ON_MIGRATE", False):
        hint = "Set PGTRIGGER_INSTALL_ON_MIGRATE = True, or run manage.py pgtrigger install after each change."
        problems.append(Warning("migrate does not install the event log's triggers.", hint=hint, id="eventlog.W005"))
    return problems


def triggers_are_there(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Run by `migrate` and `check --database`."""
    alias = events_alias()
    if alias not in (databases or ()) or not conf.TRIGGER_MODELS or not apps.is_installed("pgtrigger"):
        return []
    from eventlog.capture.coverage import paths

    missing = {path.model: path.why for path in paths(alias) if path.by == "triggers" and not path.seen}
    return [
        Warning(f"Changes of {model} are not seen.", hint=f"{why[0].upper()}{why[1:]}.", id="eventlog.W006")
        for model, why in missing.items()
    ]


def sinks_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.forwarding.targets import target

    problems: list[CheckMessage] = []
    for name, options in conf.FORWARD_TO.items():
        try:
            sink = target(name, options).sink
        except ValueError as expected:
            hint = "Nothing is forwarded to it until then. The README has an example of each kind."
            problems.append(Error(f"FORWARD_TO: {name} needs {expected}.", hint=hint, id="eventlog.E010"))
            continue
        if not sink.is_private:
            hint = "Use tls:// or https://, unless the way there is private."
            problems.append(Warning(f"FORWARD_TO: {name} is sent in the clear.", hint=hint, id="eventlog.W009"))
    return problems
