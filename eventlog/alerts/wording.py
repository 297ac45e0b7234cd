"""Alerts in words that a school's staff understands: what happened, to whom, and what to do. In the reader's language,
and safe in no place: who shows them escapes them."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.alerts.thresholds import THRESHOLDS
from eventlog.detection.rules import RULES, by_name
from eventlog.models import Alert
from eventlog.models.mute import ANY
from eventlog.visible import visible

MAX_SHOWN: Final = 150  # characters of a target


class Rule(Protocol):
    """What a rule has to say of what it finds. `explain` takes the data of a finding."""

    @property
    def label(self) -> Any: ...

    def explain(self, data: Mapping[str, Any]) -> str: ...


ADVICES: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (
        _("Ask the account's owner whether it was him. If not, lock the account until he has a new password."),
        (catalog.BRUTE_FORCE, catalog.DISTRIBUTED_BRUTE_FORCE, catalog.NEW_DEVICE, catalog.OFF_HOURS),
    ),
    (
        _("See which of these accounts have signed in since, and give those new passwords."),
        (catalog.PASSWORD_SPRAYING, catalog.CREDENTIAL_STUFFING),
    ),
    (
        _("Ask the account's owner at once. If it was not him, lock the account and have a new password set."),
        (catalog.SUCCESS_AFTER_FAILURES, catalog.IMPOSSIBLE_TRAVEL, catalog.SESSION_HIJACK, catalog.TOKEN_REUSE),
    ),
    (
        _("Ask who took the data what for. If nobody knows, lock the account and see what was taken."),
        (catalog.MASS_EXPORT, catalog.ENUMERATION, catalog.UNUSUAL_ACCESS),
    ),
    (_("Ask who has given these rights. Take them away if nobody knows."), (catalog.PRIVILEGE_ESCALATION,)),
    (
        _("Find out who can reach the database itself, and compare the record with what is on paper."),
        (catalog.OUT_OF_BAND_CHANGE,),
    ),
    (
        _("Change nothing, keep the database as it is, and tell the person responsible for data protection."),
        (catalog.TAMPERING,),
    ),
    (_("Tell whoever runs the server."), (catalog.THRESHOLD_EXCEEDED, catalog.EVENTS_SILENT)),
)
ADVICE: Final = {event_type: words for words, types in ADVICES for event_type in types}
ATTACK: Final = _("See in the events whether anything was answered. The address can be blocked at the school's router.")
KINDS: Final = {
    "ip": _("address %(name)s"),
    "net": _("network %(name)s"),
    "user": _("account %(name)s"),
    "account": _("account %(name)s"),
    "session": _("session %(name)s"),
    "endpoint": _("page %(name)s"),
    "host": _("server %(name)s"),
    "entity": _("records of the kind %(name)s"),
}


def rule_of(name: str) -> Rule | None:
    return THRESHOLDS.get(name) or by_name(name)


def label_of(rule: str) -> str:
    """The rule's own words; its name where it is no more."""
    found = rule_of(rule)
    return rule if found is None else str(found.label)


def rules() -> list[tuple[str, str]]:
    """(name, words) of all that there are, by their words."""
    names = [*THRESHOLDS, *(rule.name for rule in RULES)]
    return sorted(((name, label_of(name)) for name in names), key=lambda choice: choice[1])


def label(alert: Alert) -> str:
    """In a few words: what kind of thing it is."""
    rule = rule_of(alert.rule)
    if rule is not None:
        return str(rule.label)
    known = catalog.lookup(alert.event_type)
    return str(known.label) if known else alert.rule


def explanation(alert: Alert) -> str:
    """One plain sentence."""
    rule = rule_of(alert.rule)
    return visible(rule.explain(alert.data) if rule is not None else in_general(alert))


def in_general(alert: Alert) -> str:
    words = ngettext(
        "%(what)s: %(target)s, %(number)s event.", "%(what)s: %(target)s, %(number)s events.", alert.event_count
    )
    return words % {"what": label(alert), "target": target(alert), "number": alert.event_count}


def target(alert: Alert) -> str:
    return target_of(alert.target)


def target_of(text: str) -> str:
    """`account guru001`"""
    kind, colon, name = text.partition(":")
    if text == "site":
        return gettext("the whole site")
    if text == ANY:
        return gettext("whoever it is about")
    shown = name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}…"
    return str(KINDS[kind]) % {"name": shown} if colon and kind in KINDS else text[:MAX_SHOWN]


def headline(alert: Alert) -> str:
    """One line, for a subject or a title."""
    return " ".join(f"{label(alert)}: {target(alert)}".split())


def advice(alert: Alert) -> str:
    return str(ADVICE.get(alert.event_type, ATTACK))
