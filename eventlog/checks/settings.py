"""System checks of what the settings say."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import URLResolver, get_resolver

from eventlog import catalog
from eventlog.conf import SETTINGS, conf
from eventlog.conf.setting import given


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
        except ValueError as expected:
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
