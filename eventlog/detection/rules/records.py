"""What is done with records and rights: carried away in masses, taken for oneself, changed past the application."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import MONTH, SIGNED_IN, History, Span, spans
from eventlog.detection.observations import Observation
from eventlog.detection.rules.base import Memory, Occurrences, Rule, listed

LOOKS: Final = "(e.action IN ('READ', 'EXPORT') OR e.event_type IN ('EXPORT_DATA', 'EVENTS_EXPORTED'))"
AMOUNTS: Final = ("rows", "count", "event_count")  # of event_data, whichever is there
POWERS: Final = ("is_superuser", "is_staff")


def is_look(seen: Observation) -> bool:
    return seen.action in catalog.LOOKS or seen.event_type in (catalog.EXPORT_DATA, catalog.EVENTS_EXPORTED)


def amount(seen: Observation) -> int:
    """Records that were shown or taken, as far as that is known; one page is one at least."""
    for name in AMOUNTS:
        if isinstance(number := seen.data.get(name), int) and not isinstance(number, bool):
            return max(number, 0)
    return 1


def amounts(seen: Iterable[Observation]) -> int:
    """Of several events; those of one request tell of the same records."""
    best: dict[str, int] = {}
    for each in seen:
        key = each.request_id or str(each.id)
        best[key] = max(best.get(key, 0), amount(each))
    return sum(best.values())


@dataclass(frozen=True, slots=True)
class Habits:
    """Of a person in the month before: since when he is there, and how many records he took on each day."""

    since: datetime | None
    days: Mapping[date, int]

    @staticmethod
    def of(username: str, keys: Mapping[str, Span], history: History) -> "Habits":
        month = (MONTH, timedelta())
        looks = history.named("e.username", keys, month, LOOKS_OF_NAMED, 10_000)
        by_name = {username.lower(): keys[username]}
        sign_ins = history.named("lower(e.username)", by_name, month, SIGNED_IN, 300)
        days: dict[date, list[Observation]] = {}
        for each in looks:
            days.setdefault(localtime(each.timestamp).date(), []).append(each)
        since = min((each.timestamp for each in (*looks, *sign_ins)), default=None)
        return Habits(since, {day: amounts(seen) for day, seen in days.items()})


class MassExport(Rule):
    """Far more records in an hour than this person takes on his busiest day. Who exports all of them every Friday may
    do so; who has no habits yet needs to take much more."""

    name = "mass_export"
    event_type = catalog.MASS_EXPORT
    threshold = 200  # records in the window
    seconds = 3600
    times: Final = 3  # the person's busiest day
    stranger: Final = 25  # times the threshold, for whom no habits are known
    habits: Final = timedelta(days=14)  # since when an account must be there, to have any
    hint: Final = 8  # part of the threshold from which a process asks the database: others may have seen the rest

    def __init__(self) -> None:
        self.taken = Memory[tuple[datetime, int]](5000)  # by each person: since when, and how many records

    def listens_to(self, event_type: str) -> bool:
        return event_type != catalog.HTTP_REQUEST

    def wants(self, seen: Observation) -> bool:
        if not is_look(seen) or not seen.username:
            return False
        began, number = self.taken.get(seen.account) or (seen.timestamp, 0)
        if not timedelta() <= seen.timestamp - began <= self.window:
            began, number = seen.timestamp, 0
        number += amount(seen)
        self.taken.put(seen.account, (began, number))
        return number * self.hint >= self.least

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for username in dict.fromkeys(each.username for each in seen):
            keys = spans((username, each.timestamp) for each in seen if each.username == username)
            recent = history.named("e.username", keys, (self.window, self.window), LOOKS_OF_NAMED, 3000)
            if amounts(recent) >= self.least:
                self.judge(username, recent, Habits.of(username, keys, history), found)
        yield from found.findings()

    def judge(self, username: str, recent: Sequence[Observation], habits: "Habits", found: Occurrences) -> None:
        for number, event in enumerate(recent):
            begin = next(place for place, each in enumerate(recent) if each.timestamp >= event.timestamp - self.window)
            seen = recent[begin : number + 1]
            taken = amounts(seen)
            if taken < self.least or taken <= self.usual(habits, event.timestamp):
                continue
            target, data = f"user:{event.account}", {"records": taken}
            new = [event] if found.begun(target, event.timestamp) else seen
            kinds = [each.entity_type or each.event_type for each in new]
            found.add(target, event.timestamp, new, data=data, accounts=[username], kinds=kinds)

    def usual(self, habits: "Habits", moment: datetime) -> int:
        """As much as nobody would wonder at."""
        before = [taken for day, taken in habits.days.items() if day < localtime(moment).date()]
        is_known = len(before) >= 3 or (habits.since is not None and habits.since <= moment - self.habits)
        return self.times * max(before, default=0) if is_known else self.stranger * self.least

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(accounts)s took or looked at %(records)s records within an hour (%(kinds)s): far more than usual.")
        facts = {"accounts": listed(data, "accounts"), "records": data.get("records", "?")}
        return words % {**facts, "kinds": listed(data, "kinds")}


LOOKS_OF_NAMED: Final = f"e.username <> '' AND {LOOKS}"


@dataclass(frozen=True, slots=True)
class Grant:
    """`rights` are flags, permissions and groups by name; `oneself` whether the giver is among the receivers."""

    rights: list[str]
    receivers: list[str]
    oneself: bool


def grant_of(event: Observation) -> Grant:
    flags = event.data if event.event_type == catalog.USER_REGISTER else event.new_values
    powers = [name for name in POWERS if flags.get(name) is True]
    receiver = event.entity_name or event.entity_id
    same = event.user_id is not None and event.entity_type == "user" and str(event.user_id) == event.entity_id
    added = event.data.get("what", ()) if event.action == "add" else ()
    what = [str(name) for name in added] if isinstance(added, list) else []
    if event.data.get("from_other_side"):  # a group was given its members
        return Grant([receiver], what, oneself=bool(event.username) and event.username in what)
    return Grant([*powers, *what], [receiver], oneself=same or (bool(event.username) and event.username == receiver))


class PrivilegeEscalation(Rule):
    """Somebody is made a superuser or staff, or given rights over accounts or over this log; or gives himself any."""

    name = "privilege_escalation"
    event_type = catalog.PRIVILEGE_ESCALATION
    threshold = 1
    seconds = 3600
    permissions: Final = re.compile(r"auth\.(?:add|change)_(?:user|group|permission)|eventlog\.view_security")
    groups: Final = re.compile(r"admin|super|root", re.I)  # also where a group of that name is no more

    def listens_to(self, event_type: str) -> bool:
        return event_type in (catalog.PERMISSION_CHANGE, catalog.USER_REGISTER)

    def wants(self, seen: Observation) -> bool:
        return True

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for event in seen:
            grant = grant_of(event)
            strong = self.strong(grant, history.using)
            if strong or (grant.oneself and grant.rights):
                severity = self.severity(strong, event, oneself=grant.oneself)
                target = f"user:{event.account}" if event.username else f"account:{event.entity_id}"
                rights, receivers = strong or grant.rights, grant.receivers
                data = {"oneself": grant.oneself}
                found.add(target, event.timestamp, [event], severity, data=data, rights=rights, receivers=receivers)
        yield from found.findings()

    def strong(self, grant: "Grant", using: str) -> list[str]:
        """The flags, permissions and groups that matter."""
        groups = self.strong_groups(grant.rights, using) if grant.rights else set()
        return [name for name in grant.rights if name in POWERS or name in groups or self.permissions.fullmatch(name)]

    def strong_groups(self, names: Sequence[str], using: str) -> set[str]:
        """Those of these names that are groups which hold such rights today, or sound so."""
        group = apps.get_model("auth", "Group")
        held = (
            group.objects.using(using)
            .filter(name__in=names)
            .values_list("name", "permissions__content_type__app_label", "permissions__codename")
        )
        strong = {name for name, app, code in held if self.permissions.fullmatch(f"{app}.{code}")}
        return strong | {name for name in names if "." not in name and self.groups.match(name)}

    def severity(self, gained: Sequence[str], event: Observation, *, oneself: bool) -> str:
        if oneself:
            return catalog.CRITICAL
        if event.auth_method == "system":  # whoever sets the site up, at its command line
            return catalog.LOW
        return catalog.HIGH if "is_superuser" in gained else catalog.MEDIUM

    def explain(self, data: Mapping[str, Any]) -> str:
        facts = {"rights": listed(data, "rights"), "receivers": listed(data, "receivers")}
        if data.get("oneself"):
            return _("Somebody has given himself rights: %(rights)s.") % facts
        return _("Account %(receivers)s was given powerful rights: %(rights)s.") % facts
