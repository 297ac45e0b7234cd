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

from eventlog import catalog, database_checks
from eventlog.conf import SETTINGS, conf, given
from eventlog.explained import explained
from eventlog.integrity import keys
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy import keyring

BLOCKING_BACKEND = "eventlog.blocking.backend.BlockingBackend"
BLOCKING_MIDDLEWARE = "eventlog.blocking.middleware.blocking_middleware"
MIDDLEWARE = "eventlog.capture.middleware.EventLoggingMiddleware"


def register() -> None:
    register_check(explained(settings_are_right), Tags.compatibility)
    register_check(explained(signals_are_there), Tags.compatibility)
    register_check(explained(reset_views_are_there), Tags.urls)
    register_check(explained(middleware_is_first), Tags.compatibility)
    register_check(explained(journal_is_writable), Tags.files)
    register_check(explained(database_is_postgresql), Tags.compatibility)
    register_check(explained(bulk_writes_are_seen), Tags.compatibility)
    register_check(explained(triggers_can_be_kept), Tags.compatibility)
    register_check(explained(triggers_are_there), Tags.database)
    register_check(explained(sinks_can_be_used), Tags.compatibility)
    register_check(explained(alerts_can_be_told), Tags.compatibility)
    register_check(explained(blocks_are_asked_for), Tags.security)
    register_check(explained(rules_are_there), Tags.compatibility)
    register_check(explained(places_are_known), Tags.files)
    register_check(explained(checkpoints_are_signed), Tags.security, deploy=True)
    register_check(explained(anchors_can_be_used), Tags.compatibility)
    register_check(explained(database_checks.events_are_guarded), Tags.database)
    register_check(explained(database_checks.store_order_is_whole), Tags.database)
    register_check(explained(database_checks.connections_are_kept), Tags.compatibility, deploy=True)
    register_check(explained(archive_can_be_used), Tags.files)
    register_check(explained(encryption_can_be_used), Tags.security)
    register_check(explained(sensitive_events_are_encrypted), Tags.security, deploy=True)


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
    problems += unknown_models() + unknown_categories()
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


def unknown_categories() -> list[CheckMessage]:
    hint = f"Known are: {', '.join(catalog.CATEGORIES)}."
    return [
        Error(f"RETENTION_DAYS_BY_CATEGORY: there is no category {category}.", hint=hint, id="eventlog.E014")
        for category in conf.RETENTION_DAYS_BY_CATEGORY
        if category not in catalog.CATEGORIES
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
            hint = "Nothing is forwarded to it until then."
            problems.append(Error(f"FORWARD_TO: {name} needs {expected}.", hint=hint, id="eventlog.E010"))
            continue
        if not sink.is_private:
            hint = "Use tls:// or https://, unless the way there is private."
            problems.append(Warning(f"FORWARD_TO: {name} is sent in the clear.", hint=hint, id="eventlog.W009"))
    return problems


def alerts_can_be_told(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.alerts import channels, messages

    hint = "Nobody is told there until then."
    problems: list[CheckMessage] = [
        Error(f"{where} needs {expected}.", hint=hint, id="eventlog.E011") for where, expected in channels.faults()
    ]
    hint = "Give it a secret and https://, unless the way there is private."
    problems += [Warning(f"ALERT_WEBHOOKS: {said}.", hint=hint, id="eventlog.W010") for said in channels.unsigned()]
    if channels.channels() and not messages.knows_site():
        hint = "Set EVENTLOG_SITE_URL to where people open the site, such as https://edupro.school.example."
        problems.append(Warning("Messages about alerts lead to localhost.", hint=hint, id="eventlog.W011"))
    return problems


def blocks_are_asked_for(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """With `BLOCK_AFTER_BRUTE_FORCE` on: without the backend nobody is refused, without the middleware nobody told."""
    if not conf.BLOCK_AFTER_BRUTE_FORCE:
        return []
    problems: list[CheckMessage] = []
    if list(settings.AUTHENTICATION_BACKENDS)[:1] != [BLOCKING_BACKEND]:
        hint = f'Put "{BLOCKING_BACKEND}" first in AUTHENTICATION_BACKENDS.'
        problems.append(
            Error("BLOCK_AFTER_BRUTE_FORCE is on, but blocks are not asked for.", hint=hint, id="eventlog.E013")
        )
    if BLOCKING_MIDDLEWARE not in settings.MIDDLEWARE:
        hint = f'Put "{BLOCKING_MIDDLEWARE}" right below {MIDDLEWARE} in MIDDLEWARE.'
        problems.append(Warning("Blocked sign-ins are not answered with 429.", hint=hint, id="eventlog.W013"))
    return problems


def rules_are_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.detection.rules import RULES, by_name

    hint = "Known are: " + ", ".join(sorted(rule.name for rule in RULES)) + "."
    return [
        Error(f"EVENTLOG['RULES'] has an unknown rule {name}.", hint=hint, id="eventlog.E012")
        for name in conf.RULES
        if by_name(name) is None
    ]


def places_are_known(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.detection.places import opened

    path = conf.GEOIP_PATH
    if path is None or opened(path) is not None:
        return []
    hint = "Give the path of a GeoLite2-City.mmdb or the like; until then nobody travels, as far as the rules know."
    return [Warning(f"GEOIP_PATH: {path} cannot be read as a GeoIP database.", hint=hint, id="eventlog.W012")]


def checkpoints_are_signed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of `check --deploy`: without a key the proof holds only against who does not know how it is made."""
    if not keys.is_signing():
        hint = "Set EVENTLOG_SIGNING_KEY to 32 random bytes in base64: openssl rand -base64 32."
        return [Warning("No checkpoints of the log are signed.", hint=hint, id="eventlog.W014")]
    if conf.CHECKPOINT_DIR is None and not conf.CHECKPOINT_ANCHORS:
        hint = "Set EVENTLOG_CHECKPOINT_DIR to a folder that the database's administrator cannot write, or anchors."
        return [Warning("Checkpoints are kept in the database alone.", hint=hint, id="eventlog.W015")]
    return []


def anchors_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.integrity import anchors

    hint = "It is given no checkpoint until then."
    return [
        Error(f"CHECKPOINT_ANCHORS: {name} needs {expected}.", hint=hint, id="eventlog.E018")
        for name, expected in anchors.faults()
    ]


def archive_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.retention.shelf import Unusable, shelf

    if not conf.ARCHIVE_DIR:
        return []
    try:
        shelf()
    except Unusable as problem:
        hint = "Nothing is archived until then, and so nothing is removed."
        return [Error(f"{problem}.", hint=hint, id="eventlog.E015")]
    days = conf.ARCHIVE_RETENTION_DAYS
    if days is not None and days <= conf.ARCHIVE_AFTER_DAYS:
        hint = "Give ARCHIVE_RETENTION_DAYS more days than ARCHIVE_AFTER_DAYS, or leave it out to keep the files."
        return [Error("The archive's files are removed as soon as they are made.", hint=hint, id="eventlog.E016")]
    return []


def encryption_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not keyring.is_on():
        return []
    try:
        keyring.keyring()
    except keyring.Unusable as problem:
        hint = "Events wait in the journal until then. Make a key with: openssl rand -base64 32."
        return [Error(f"{problem}.", hint=hint, id="eventlog.E017")]
    return []


def sensitive_events_are_encrypted(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of `check --deploy`."""
    if keyring.is_on():
        return []
    hint = "Set EVENTLOG_ENCRYPTION_KEYS to 32 random bytes in base64, and keep a copy."
    return [Warning("Sensitive events are stored in plain text.", hint=hint, id="eventlog.W018")]
