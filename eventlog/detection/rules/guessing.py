"""Passwords guessed: at one account, from one address or from many, and with success.

Counted are failures that no success has interrupted, at each account for itself, so that a school behind one address
may mistype all morning.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.conf import conf
from eventlog.detection.findings import Finding
from eventlog.detection.history import DAY, History
from eventlog.detection.observations import Observation
from eventlog.detection.rules.base import Occurrences, count, listed, target_of
from eventlog.detection.rules.crowds import CROWD, Crowd, PasswordSpray, SignInRule

SLOW: Final = 3  # times the threshold, in a day
MANY: Final = 4  # times the threshold: no longer somebody who has forgotten his own password


def streaks(events: Iterable[Observation]) -> Iterator[list[Observation]]:
    """At each failure, the failures of a day at the same account that no success has interrupted."""
    running: dict[str, deque[Observation]] = {}
    for each in events:
        streak = running.setdefault(each.account, deque())
        if each.is_success:
            streak.clear()
            continue
        streak.append(each)
        while streak[0].timestamp < each.timestamp - DAY:
            streak.popleft()
        yield list(streak)


def within(streak: Sequence[Observation], window: timedelta) -> Sequence[Observation]:
    """The end of it that fits into the window."""
    return streak[bisect_left(streak, streak[-1].timestamp - window, key=attrgetter("timestamp")) :]


def is_usual(event: Observation, before: Iterable[Observation]) -> bool:
    """Whether its account was there already: by address, else by network and kind of client."""
    return any(
        each.address == event.address or (each.network == event.network and each.user_agent == event.user_agent)
        for each in before
    )


class BruteForce(SignInRule):
    name = "brute_force"
    event_type = catalog.BRUTE_FORCE
    seconds = 900  # UK Cyber Essentials: 10 in 5 minutes; django-axes: 5 in 15
    victims = 5  # accounts of one address, which then is what there is to tell of

    @property
    def least(self) -> int:
        return int(self.options.get("threshold", conf.FAILED_LOGIN_THRESHOLD))

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for events in history.by_address.values():
            self.at_address(events, history, found)
        for account, events in history.by_account.items():
            self.at_account(account, events, found)
        yield from found.findings()

    def at_address(self, events: Sequence[Observation], history: History, found: Occurrences) -> None:
        attacks = list(self.attacks(events))
        victims = {seen[-1].account for seen in attacks}
        welcome = {each.account for each in events if each.is_success}
        many = len(victims) >= self.victims and len(victims) >= CROWD * len(victims | welcome)
        for seen in attacks:
            last = seen[-1]
            target = f"ip:{last.address}" if many else target_of(last.account, last.address)
            begun = found.begun(target, last.timestamp)
            severity = catalog.HIGH if many else self.severity(len(seen), last, history)
            self.tell(found, target, [last] if begun else seen, severity)

    def attacks(self, events: Sequence[Observation]) -> Iterator[Sequence[Observation]]:
        """At each failure that is one too many, those before it, too: of the window, else of a day."""
        least, window = self.least, self.window
        for streak in streaks(events):
            fast = within(streak, window)
            if len(fast) >= least:
                yield fast
            elif len(streak) >= least * SLOW:
                yield streak

    def at_account(self, account: str, events: Sequence[Observation], found: Occurrences) -> None:
        """From several addresses that are not his, slowly; DistributedBruteForce is for many."""
        foreign = failures_elsewhere(events)
        if len({each.address for each in foreign}) >= DistributedBruteForce.least_slow:
            return
        least = self.least * MANY
        for number in range(least, len(foreign) + 1):
            if len(seen := within(foreign[:number], DAY)) >= least:
                target = target_of(account, seen[-1].address)
                self.tell(found, target, seen[-1:] if found.begun(target, seen[-1].timestamp) else seen, catalog.HIGH)

    def tell(self, found: Occurrences, target: str, seen: Sequence[Observation], severity: str) -> None:
        names, addresses = [each.username for each in seen], [each.ip_address for each in seen]
        found.add(target, seen[-1].timestamp, seen, severity, accounts=names, addresses=addresses)

    def severity(self, attempts: int, last: Observation, history: History) -> str:
        if attempts >= self.least * MANY:
            return catalog.HIGH
        return catalog.LOW if is_usual(last, history.person(last.account, last.timestamp)) else catalog.MEDIUM

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("Somebody tries password after password: account %(accounts)s, from %(addresses)s.")
        return words % {"accounts": listed(data, "accounts") or "?", "addresses": listed(data, "addresses") or "?"}


def failures_elsewhere(events: Sequence[Observation]) -> list[Observation]:
    """Failures at one account, from addresses where nobody has signed in to it."""
    own = {each.address for each in events if each.is_success}
    return [each for each in events if each.is_failure and each.ip_address and each.address not in own]


class DistributedBruteForce(SignInRule):
    name = "distributed_brute_force"
    event_type = catalog.DISTRIBUTED_BRUTE_FORCE
    threshold = 10  # attempts, from half as many addresses (Elastic: 10 from 5)
    seconds = 1800
    least_slow = 8  # addresses in a day

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        least = self.least
        for account, events in history.by_account.items():
            foreign = failures_elsewhere(events)
            if len({each.address for each in foreign}) < min(least // 2, self.least_slow):
                continue
            for number in range(least, len(foreign) + 1):
                if found.begun(f"user:{account}", foreign[number - 1].timestamp):
                    self.tell(found, account, foreign[number - 1 : number])
                elif seen := self.attack(foreign[:number]):
                    self.tell(found, account, seen)
        yield from found.findings()

    def attack(self, failures: Sequence[Observation]) -> Sequence[Observation]:
        """The attempts up to the last of these, if they are one: in the window, else in a day."""
        for window, attempts, addresses in (
            (self.window, self.least, self.least // 2),
            (DAY, self.least * 3 // 2, self.least_slow),
        ):
            seen = within(failures, window)
            if len(seen) >= attempts and len({each.address for each in seen}) >= addresses:
                return seen
        return ()

    def tell(self, found: Occurrences, account: str, seen: Sequence[Observation]) -> None:
        addresses = [each.ip_address for each in seen]
        found.add(f"user:{account}", seen[-1].timestamp, seen, accounts=[account], addresses=addresses)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("Passwords for %(accounts)s are tried from %(number)d addresses, a few from each.")
        return words % {"accounts": listed(data, "accounts"), "number": count(data, "addresses")}


class SuccessAfterFailures(SignInRule):
    name = "success_after_failures"
    event_type = catalog.SUCCESS_AFTER_FAILURES
    threshold = 5  # failures at the account, or names that the address has failed at
    seconds = 900

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for events in history.by_address.values():
            self.at_address(events, history, found)
        for account, events in history.by_account.items():
            self.from_many(account, events, history, found)
        yield from found.findings()

    def at_address(self, events: Sequence[Observation], history: History, found: Occurrences) -> None:
        crowd, running = Crowd(DAY), dict[str, deque[Observation]]()
        for event in events:
            streak = running.setdefault(event.account, deque(maxlen=500))
            if event.is_failure:
                streak.append(event)
            else:
                self.judge(event, [each for each in streak if self.is_recent(each, event)], crowd, history, found)
                streak.clear()
            crowd.go_on(event)

    def is_recent(self, failure: Observation, event: Observation) -> bool:
        return failure.timestamp >= event.timestamp - DAY

    def judge(
        self, event: Observation, streak: list[Observation], crowd: Crowd, history: History, found: Occurrences
    ) -> None:
        fast = [each for each in streak if each.timestamp >= event.timestamp - self.window]
        if len(fast) < self.least and len(streak) < self.least * SLOW:
            streak = self.tried_others(crowd)
        if not streak:
            return
        before = history.person(event.account, streak[0].timestamp)
        if is_usual(event, before) and len(streak) < self.least * MANY:
            return
        self.tell(event, streak, found)

    def tried_others(self, crowd: Crowd) -> list[Observation]:
        """What the address has tried at other names, where it does hardly anything else."""
        if len(crowd.failed) < PasswordSpray.threshold or crowd.share < 0.5:
            return []
        return crowd.attempts()[-self.least * MANY :]

    def from_many(self, account: str, events: Sequence[Observation], history: History, found: Occurrences) -> None:
        rule = DistributedBruteForce()
        for number, event in enumerate(events):
            if not event.is_success:
                continue
            before = [each for each in events[:number] if each.is_failure and each.timestamp >= event.timestamp - DAY]
            if before and rule.attack(before) and not is_usual(event, history.person(account, before[0].timestamp)):
                self.tell(event, before, found)

    def tell(self, event: Observation, failures: Sequence[Observation], found: Occurrences) -> None:
        target = target_of(event.account, event.address)
        found.add(
            target,
            event.timestamp,
            [*failures[-50:], event],
            accounts=[event.username],
            addresses=[event.ip_address],
            data={"failures": len(failures)},
        )

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("After %(failures)d failures somebody has signed in as %(accounts)s, from %(addresses)s.")
        facts = {"failures": data.get("failures", 0), "accounts": listed(data, "accounts")}
        return words % {**facts, "addresses": listed(data, "addresses")}
