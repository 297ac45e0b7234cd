"""Where the documentation explains what system checks, commands and the console's pages say: the section of a page."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final

from django.core.checks import CheckMessage
from django.utils.translation import gettext_lazy as _

from eventlog.catalog import StrOrPromise
from eventlog.conf import conf

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
# Where a command's errors and its --help lead to.
COMMANDS: Final = {
    "eventlog_archive": "docs/archive.md",
    "eventlog_blocks": "docs/threats.md#refusing-who-guesses",
    "eventlog_checkpoint": "docs/verify.md#keys",
    "eventlog_cleanup": "docs/retention.md#how-it-is-done",
    "eventlog_coverage": "docs/architecture.md#capture-what-happened-and-nothing-else",
    "eventlog_doctor": "docs/operations.md#what-you-see",
    "eventlog_drain": "docs/status.md#accounts",
    "eventlog_export": "docs/api.md#the-search-language",
    "eventlog_forward": "README.md#sent-on",
    "eventlog_hold": "docs/retention.md#legal-holds",
    "eventlog_partitions": "docs/status.md#partitions",
    "eventlog_restore": "docs/archive.md#bring-it-back",
    "eventlog_schema": "docs/architecture.md",
    "eventlog_status": "docs/status.md#accounts",
    "eventlog_subject": "docs/privacy.md",
    "eventlog_tail": "docs/api.md#the-search-language",
    "eventlog_verify": "docs/verify.md#ask",
}
# The console's pages, by the names of their addresses: those that are named, else all that a model has. What staff
# reads is there in its language.
SCREENS: Final[Mapping[str, StrOrPromise]] = {
    "eventlog_event": _("docs/users.md#find-a-change"),
    "eventlog_event_change": _("docs/users.md#read-a-change"),
    "eventlog_event_request": _("docs/users.md#follow-a-request"),
    "eventlog_event_user": _("docs/users.md#a-person-a-record-an-address"),
    "eventlog_event_object": _("docs/users.md#a-person-a-record-an-address"),
    "eventlog_event_address": _("docs/users.md#a-person-a-record-an-address"),
    "eventlog_dashboard": _("docs/users.md#numbers"),
    "eventlog_alert": _("docs/users.md#review-security"),
    "eventlog_eventmute": "docs/alerts.md#an-alerts-life",
    "eventlog_block": "docs/threats.md#refusing-who-guesses",
    "eventlog_status": "docs/status.md",
    "eventlog_deadletter": "docs/status.md#refused-events",
    "eventlog_hold": "docs/retention.md#legal-holds",
    "eventlog_subjectrequest": "docs/privacy.md#requests-in-the-console",
}


def screen(name: str) -> StrOrPromise:
    """The section about the page whose address has this name; empty for one of others."""
    return SCREENS.get(name) or SCREENS.get(name.rpartition("_")[0], "")


def address(section: StrOrPromise) -> str:
    """Where a browser finds it; empty where nobody has said so."""
    return f"{conf.DOCS_URL}{section}" if conf.DOCS_URL else ""


def explained(check: Check) -> Check:
    """The same check, whose messages name their section."""

    @wraps(check)
    def asked(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
        found = check(app_configs, **kwargs)
        for message in found:
            message.hint = f"{message.hint or ''} More: {SECTIONS[str(message.id)]}".strip()
        return found

    return asked
