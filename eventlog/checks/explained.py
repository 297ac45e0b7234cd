"""Where the documentation explains what a system check says: each hint ends with it."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Final

from django.core.checks import CheckMessage

Check = Callable[..., list[CheckMessage]]
SETTINGS: Final = "README.md#settings"
CHECKS: Final = "docs/operations.md#what-managepy-check-says"
LINES: Final = "docs/integration.md#ten-lines"
SECTIONS: Final = {
    "eventlog.E001": SETTINGS,
    "eventlog.E002": SETTINGS,
    "eventlog.E003": SETTINGS,
    "eventlog.E004": SETTINGS,
    "eventlog.E005": LINES,
    "eventlog.E006": SETTINGS,
    "eventlog.E007": LINES,
    "eventlog.E008": CHECKS,
    "eventlog.E009": SETTINGS,
    "eventlog.E010": "README.md#sent-on",
    "eventlog.E011": "docs/alerts.md#who-is-told",
    "eventlog.E012": "docs/threats.md#behaviour-what-is-found-in-what-people-do",
    "eventlog.E013": "docs/threats.md#refusing-who-guesses",
    "eventlog.E014": "docs/retention.md#periods",
    "eventlog.E015": "docs/archive.md",
    "eventlog.E016": "docs/archive.md",
    "eventlog.E017": "docs/encryption.md#when-a-key-is-missing",
    "eventlog.E018": "docs/verify.md#anchors",
    "eventlog.W001": LINES,
    "eventlog.W002": "docs/operations.md#when-a-disk-is-full",
    "eventlog.W003": "docs/performance.md#what-it-saves-to-switch-parts-off",
    "eventlog.W004": CHECKS,
    "eventlog.W005": CHECKS,
    "eventlog.W006": CHECKS,
    "eventlog.W007": SETTINGS,
    "eventlog.W008": SETTINGS,
    "eventlog.W009": "README.md#sent-on",
    "eventlog.W010": "docs/alerts.md#who-is-told",
    "eventlog.W011": "docs/alerts.md#who-is-told",
    "eventlog.W012": "docs/threats.md#behaviour-what-is-found-in-what-people-do",
    "eventlog.W013": "docs/threats.md#refusing-who-guesses",
    "eventlog.W014": "docs/verify.md#keys",
    "eventlog.W015": "docs/verify.md#anchors",
    "eventlog.W016": "docs/verify.md#guards-in-the-database",
    "eventlog.W017": "docs/verify.md#guards-in-the-database",
    "eventlog.W018": "docs/encryption.md",
    "eventlog.W019": "docs/database.md#connections",
    "eventlog.W020": "docs/database.md#connections",
    "eventlog.W021": "docs/database.md#backup-and-restore",
}


def explained(check: Check) -> Check:
    """The same check, whose messages name their section."""

    @wraps(check)
    def asked(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
        found = check(app_configs, **kwargs)
        for message in found:
            message.hint = f"{message.hint or ''} More: {SECTIONS[str(message.id)]}".strip()
        return found

    return asked
