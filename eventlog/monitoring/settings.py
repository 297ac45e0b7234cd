"""The settings in force: what each is for, what it is, and who says so. What is secret is never told."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog.conf import SETTINGS, conf
from eventlog.conf.parsing import Function
from eventlog.conf.setting import Setting, environment
from eventlog.privacy.names import DEFAULT_IDENTIFYING_FIELDS, DEFAULT_SENSITIVE_FIELDS
from eventlog.record import redactor_in_force

DEFAULT: Final = "default"
PROJECT: Final = "project"
ENVIRONMENT: Final = "environment"
SOURCES: Final = {
    DEFAULT: _("default"),
    PROJECT: _("changed, in Django's settings"),
    ENVIRONMENT: _("changed, in the environment"),
}
BUILT_IN: Final = {
    "SENSITIVE_FIELDS": DEFAULT_SENSITIVE_FIELDS,
    "IDENTIFYING_FIELDS": DEFAULT_IDENTIFYING_FIELDS,
}
SENTENCE: Final = re.compile(r".*?\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class InForce:
    """`is_usable` is False where another value is given that cannot be used, so that the default counts."""

    name: str
    purpose: str
    value: str
    source: str
    is_usable: bool


def in_force() -> Iterator[InForce]:
    for name, setting in SETTINGS.items():
        source, given = given_by(name)
        usable = source == DEFAULT or is_usable(setting, given)
        try:
            value = shown(name, setting)
        except ImportError:  # of a dotted path that leads nowhere
            value, usable = str(given), False
        yield InForce(name, gettext(purpose(setting)), value, source, usable)


def purpose(setting: Setting[Any]) -> str:
    """The first sentence of what is said of it, in English."""
    found = SENTENCE.match(setting.purpose)
    return found[0] if found else setting.purpose


def given_by(name: str) -> tuple[str, Any]:
    """(who gives it, the value as it is given)"""
    if name in environment():
        return ENVIRONMENT, environment()[name]
    given = getattr(settings, "EVENTLOG", None)
    if isinstance(given, Mapping) and name in given:
        return PROJECT, given[name]
    return DEFAULT, None


def is_usable(setting: Setting[Any], given: Any) -> bool:
    try:
        setting.parse(given)
    except ValueError:
        return False
    return True


def shown(name: str, setting: Setting[Any]) -> str:
    value = getattr(conf, name)
    if setting.secret:
        return hidden(value)
    if name in BUILT_IN:
        more = [each for each in value if each not in BUILT_IN[name]]
        return in_words(more) if more else gettext("only the built-in names")
    return in_words(value)


def hidden(value: Any) -> str:
    """How many there are, and what they are called; nothing of what they hold."""
    if not value:
        return gettext("none")
    words = gettext("%(number)s, not shown") % {"number": len(value)}
    return f"{words}: {', '.join(value)}" if isinstance(value, Mapping) else words


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or (isinstance(value, str | Sequence | Mapping) and not value):
        return gettext("none")
    if isinstance(value, tuple) and isinstance(value[0], time):
        return "–".join(f"{each:%H:%M}" for each in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    if isinstance(value, Function):
        return f"{value.imported().__module__}.{value.imported().__qualname__}"
    return redactor_in_force().url(value) if isinstance(value, str) else str(value)
