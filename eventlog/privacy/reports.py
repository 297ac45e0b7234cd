"""Django's page about a fault, as developers see it, with the same secrets masked as in the events.

Django itself hides what it knows by name, and nothing at all while DEBUG is on: not the message of the exception, nor
the variables of each frame, nor the query.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import global_settings
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.debug import ExceptionReporter

from eventlog.conf import conf
from eventlog.privacy.redaction import MASK, Redactor, redactor

Pairs = Iterable[tuple[str, Any]]


class RedactingReporter(ExceptionReporter):
    """For `DEFAULT_EXCEPTION_REPORTER`."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        redact = redactor(conf.SENSITIVE_FIELDS)
        data["settings"] = {name: shown(name, value, redact) for name, value in data["settings"].items()}
        for frame in data["frames"]:
            frame["vars"] = masked(frame.get("vars", ()), redact)
        for name in ("request_GET_items", "filtered_POST_items"):
            data[name] = masked(data.get(name, ()), redact)
        data["request_COOKIES_items"] = [(name, MASK) for name, _ in data["request_COOKIES_items"]]
        data["request_meta"] = dict(masked((data["request_meta"] or {}).items(), redact))
        data["request_insecure_uri"] = redact.url(str(data.get("request_insecure_uri", "")))
        for name in ("exception_value", "exception_notes"):
            if name in data:
                data[name] = redact.text(data[name])
        if request_id := getattr(self.request, "request_id", ""):
            label = capfirst(gettext("request ID"))
            data["exception_notes"] = f"{data.get('exception_notes', '')}\n{label}: {request_id}"
        return data


def shown(name: str, value: Any, redact: Redactor) -> Any:
    """A setting. Django has starred those of its own that are secret; `SESSION_COOKIE_AGE` is not."""
    return redact.value(value, name="" if hasattr(global_settings, name) else name)


def masked(pairs: Pairs, redact: Redactor) -> list[tuple[str, Any]]:
    """The pairs with what is secret masked, by the name or in the text of the value."""
    return [(name, MASK if is_secret(name, redact) else redact.text(str(value))) for name, value in pairs]


def is_secret(name: str, redact: Redactor) -> bool:
    return redact.is_sensitive(name.removeprefix("HTTP_")) or redact.is_sensitive(name)
