"""Many accounts tried from one place: with one password for all, or with those that were stolen elsewhere.

Counted are names and not attempts. Who has signed in from where he failed has mistyped; the names that remain are held
against all that were seen there, so that a school behind one address is no attack.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import SHORT, History
from eventlog.detection.observations import SIGN_INS, Observation
from eventlog.detection.rules.base import Occurrences, Rule, count, is_of_nobody, listed

CROWD: Final = 0.3  # of all names seen: as many have to fail, and stay failed, before a crowd is suspected
ROUND: Final = 8  # attempts at one name; more is guessing at that name
LEISURE: Final = timedelta(minutes=5)  # after which one attempt at each of many names is one password for all


class SignInRule(Rule):
    def listens_to(self, event_type: str) -> bool:
        return event_type in SIGN_INS

    def wants(self, seen: Observation) -> bool:
        return True


@dataclass(slots=True)
class Crowd:
    """Who tries to sign in from one place in a window that moves on with each event. `failed` are the names that have
    failed, and not signed in: how often each."""

    window: timedelta
    events: deque[Observation] = field(default_factory=deque)
    failures: Counter[str] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    failed: dict[str, int] = field(default_factory=dict)

    def go_on(self, event: Observation) -> None:
        self.events.append(event)
        self.count(event, 1)
        while self.events[0].timestamp < event.timestamp - self.window:
            self.count(self.events.popleft(), -1)

    def count(self, event: Observation, number: int) -> None:
        name, counter = event.account, self.successes if event.is_success else self.failures
        counter[name] += number
        if not counter[name]:
            del counter[name]
        if name in self.failures and name not in self.successes:
            self.failed[name] = self.failures[name]
        else:
            self.failed.pop(name, None)

    @property
    def share(self) -> float:
        """Of the names that were seen, those that have failed."""
        return len(self.failed) / (len(self.failed) + len(self.successes))

    def attempts(self) -> list[Observation]:
        return [each for each in self.events if each.is_failure and each.account in self.failed]


class ManyAccounts(SignInRule):
    def tell(self, found: Occurrences, target: str, crowd: Crowd) -> None:
        last = crowd.events[-1]
        new = [last] if found.begun(target, last.timestamp) else crowd.attempts()
        names = [each.username or each.account for each in new]
        found.add(target, last.timestamp, new, accounts=names, addresses=[each.ip_address for each in new])


class PasswordSpray(ManyAccounts):
    name = "password_spray"
    event_type = catalog.PASSWORD_SPRAYING
    threshold = 8  # accounts, each tried about as often as the others (Elastic: 5, with 2 to 8 attempts each)
    seconds = 86400  # it is done slowly, so that no account is locked

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found, least = Occurrences(self), self.least
        for address, events in history.by_address.items():
            target = f"ip:{address}"
            for crowd in (Crowd(SHORT), Crowd(self.window)):
                for event in events:
                    crowd.go_on(event)
                    if event.account not in crowd.failed or len(crowd.failed) < least or crowd.share < CROWD:
                        continue
                    if found.begun(target, event.timestamp) or self.is_attack(crowd, event):
                        self.tell(found, target, crowd)
        yield from found.findings()

    def is_attack(self, crowd: Crowd, event: Observation) -> bool:
        few = [number for number in crowd.failed.values() if number <= ROUND]
        in_rounds = sum(few) >= 2 * len(few)
        return len(few) >= self.least and (in_rounds or event.timestamp - crowd.events[0].timestamp >= LEISURE)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("From %(addresses)s the same few passwords are tried on %(number)d accounts: %(accounts)s.")
        number = count(data, "accounts")
        return words % {"addresses": listed(data, "addresses"), "number": number, "accounts": listed(data, "accounts")}


class CredentialStuffing(ManyAccounts):
    name = "credential_stuffing"
    event_type = catalog.CREDENTIAL_STUFFING
    threshold = 15  # accounts, tried once or twice each, 25 times together (Elastic)
    seconds = 900
    site: Final = 2  # times the threshold, for the whole site
    lonely: Final = 0.8  # of a network's failures: if one address has them, it is told of that address

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for address, events in history.by_address.items():
            self.look(found, f"ip:{address}", events, self.least, CROWD)
        for network, events in history.by_network.items():
            failures = Counter(each.address for each in events if each.is_failure)
            if max(failures.values(), default=0) < self.lonely * failures.total():
                self.look(found, f"net:{network}", events, self.least, CROWD)
        if not any(target.startswith("net:") for target, _day in found.found):
            self.look_everywhere(found, history)
        yield from found.findings()

    def look_everywhere(self, found: Occurrences, history: History) -> None:
        """Many addresses of different networks, each with an attempt or two."""
        events = history.on_site
        failures = Counter(each.address for each in events if each.is_failure)
        few = [each for each in events if each.is_success or failures[each.address] <= 3]
        if len({each.address for each in few if each.is_failure}) >= self.least:
            self.look(found, "site", few, self.least * self.site, 0.5)

    def look(self, found: Occurrences, target: str, events: Sequence[Observation], least: int, share: float) -> None:
        crowd = Crowd(self.window)
        for event in events:
            crowd.go_on(event)
            number = len(crowd.failed)
            if number >= least and event.account in crowd.failed and crowd.share >= share:
                attempts = sum(crowd.failed.values())
                if least * 5 // 3 <= attempts <= 2 * number:
                    self.tell(found, target, crowd)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("Names and passwords stolen elsewhere seem to be tried: %(number)d accounts, from %(addresses)s.")
        return words % {"number": count(data, "accounts"), "addresses": listed(data, "addresses")}


class UserEnumeration(SignInRule):
    """Names that no account has, one after the other: who guesses names, finds those that there are."""

    name = "user_enumeration"
    event_type = catalog.USER_ENUMERATION
    threshold = 40  # such names: more than a class of 36, to whom somebody has told the wrong pattern
    seconds = 3600
    share: Final = 0.5  # of all names seen there: at a school's door most of those who mistype a name get in later

    def wants(self, seen: Observation) -> bool:
        return is_of_nobody(seen.account)

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for address, events in history.by_address.items():
            crowd = Crowd(self.window)
            for event in events:
                crowd.go_on(event)
                if is_of_nobody(event.account) and self.is_attack(crowd):
                    self.tell(found, f"ip:{address}", crowd)
        yield from found.findings()

    def is_attack(self, crowd: Crowd) -> bool:
        number = sum(map(is_of_nobody, crowd.failed))
        return number >= self.least and number >= self.share * (len(crowd.failed) + len(crowd.successes))

    def tell(self, found: Occurrences, target: str, crowd: Crowd) -> None:
        last = crowd.events[-1]
        tried = [last] if found.begun(target, last.timestamp) else crowd.attempts()
        new = [each for each in tried if is_of_nobody(each.account)]
        names, addresses = [each.account for each in new], [each.ip_address for each in new]
        found.add(target, last.timestamp, new, names=names, addresses=addresses)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _(
            "From %(addresses)s somebody looks for names of accounts: %(number)d names that no account has were tried."
        )
        return words % {"number": count(data, "names"), "addresses": listed(data, "addresses")}
