"""System checks of what is seen: what would let something happen without a record."""

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from eventlog.conf import conf
from eventlog.pipeline.outbox import events_alias

BLOCKING_BACKEND: Final = "eventlog.blocking.backend.BlockingBackend"
BLOCKING_MIDDLEWARE: Final = "eventlog.blocking.middleware.blocking_middleware"
MIDDLEWARE: Final = "eventlog.capture.middleware.EventLoggingMiddleware"


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
