"""Sign-ins that are not like their person's: from too far away, with a new device, in the night, from everywhere.

What is usual is a month of the person's own successful sign-ins; who has too few of them is not judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.clients import client_of
from eventlog.detection.findings import Finding
from eventlog.detection.history import SIGNED_IN, History, Span
from eventlog.detection.observations import SUCCESSES, Observation
from eventlog.detection.places import Place, place_of
from eventlog.detection.rules.base import HOUR, Occurrences, Rule, count, listed

KNOWN_DAYS: Final = 3  # of sign-ins, before anybody has habits
KNOWN_SIGN_INS: Final = 5
NEAR_KM: Final = 100.0


class PersonRule(Rule):
    seconds = 30 * 86400

    def listens_to(self, event_type: str) -> bool:
        return event_type in SUCCESSES

    def wants(self, seen: Observation) -> bool:
        return bool(seen.username)

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for event in seen:
            before = history.person(event.account, event.timestamp)
            self.judge(event, before, history, found)
        yield from found.findings()

    def judge(self, event: Observation, before: Sequence[Observation], history: History, found: Occurrences) -> None:
        raise NotImplementedError


def has_habits(before: Sequence[Observation]) -> bool:
    days = {each.timestamp.date() for each in before}
    return len(before) >= KNOWN_SIGN_INS and len(days) >= KNOWN_DAYS


class ImpossibleTravel(PersonRule):
    """Where each of two sign-ins was is in the event, or in the database of GEOIP_PATH."""

    name = "impossible_travel"
    event_type = catalog.IMPOSSIBLE_TRAVEL
    threshold = 800  # km/h, as an airliner flies from door to door
    seconds = 86400
    least_km = 500.0  # nearer, and addresses are placed too roughly

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for account in dict.fromkeys(each.account for each in seen):
            placed = [(each, place) for each in history.by_person.get(account, ()) if (place := place_of(each))]
            for number, ((one, here), (other, there)) in enumerate(pairwise(placed)):
                if self.is_impossible(one, here, other, there) and not is_known(there, one, placed[:number]):
                    self.tell(found, one, here, other, there)
        yield from found.findings()

    def is_impossible(self, one: Observation, here: Place, other: Observation, there: Place) -> bool:
        hours = (other.timestamp - one.timestamp) / HOUR
        km = here.km_to(there)
        return one.address != other.address and km >= self.least_km and km > self.least * hours

    def tell(self, found: Occurrences, one: Observation, here: Place, other: Observation, there: Place) -> None:
        minutes = round((other.timestamp - one.timestamp) / timedelta(minutes=1))
        data = {"km": round(here.km_to(there)), "minutes": minutes, "from": here.country, "to": there.country}
        target = f"user:{other.account}"
        found.add(target, other.timestamp, [one, other], data=data, addresses=[one.ip_address, other.ip_address])

    def explain(self, data: Mapping[str, object]) -> str:
        words = _("Two sign-ins %(km)s km apart within %(minutes)s minutes: nobody travels so fast (%(addresses)s).")
        return words % {"km": data.get("km"), "minutes": data.get("minutes"), "addresses": listed(data, "addresses")}


def is_known(place: Place, now: Observation, placed: Iterable[tuple[Observation, Place]]) -> bool:
    """Whether the person was there on several earlier days: a second home, or the exit of a network of the firm's."""
    days = {each.timestamp.date() for each, there in placed if there.km_to(place) <= NEAR_KM}
    return len(days - {now.timestamp.date()}) >= KNOWN_DAYS


class NewDevice(PersonRule):
    """A kind of client and a network that are both new, or a country that is: one of them alone is everyday life."""

    name = "new_device"
    event_type = catalog.NEW_DEVICE
    threshold = KNOWN_SIGN_INS  # earlier sign-ins, without which nothing is new

    def judge(self, event: Observation, before: Sequence[Observation], history: History, found: Occurrences) -> None:
        if len(before) < self.least or not has_habits(before):
            return
        new_client = bool(event.user_agent) and client_of(event.user_agent) not in map(client_of, agents(before))
        new_network = bool(event.ip_address) and event.network not in {each.network for each in before}
        if (new_client and new_network) or (new_network and is_abroad(event, before)):
            client = str(client_of(event.user_agent))
            clients, addresses = [client], [event.ip_address]
            found.add(f"user:{event.account}", event.timestamp, [event], clients=clients, addresses=addresses)

    def explain(self, data: Mapping[str, object]) -> str:
        words = _(
            "Signed in with a device and from a network that are new for this account: %(clients)s, %(addresses)s."
        )
        return words % {"clients": listed(data, "clients") or "?", "addresses": listed(data, "addresses")}


def agents(events: Iterable[Observation]) -> list[str]:
    return [each.user_agent for each in events if each.user_agent]


def is_abroad(event: Observation, before: Iterable[Observation]) -> bool:
    """In a country that the person has not signed in from, as far as that is known."""
    here = place_of(event)
    if here is None or not here.country:
        return False
    countries = {place.country for each in before if (place := place_of(each)) is not None and place.country}
    return bool(countries) and here.country not in countries


class OffHours(PersonRule):
    name = "off_hours"
    event_type = catalog.OFF_HOURS
    threshold = 4  # hours from the nearest usual one; at night half as many
    night: Final = frozenset({23, 0, 1, 2, 3, 4})
    others: Final = 5  # persons who sign in at that hour too: then it is the school that works late

    def judge(self, event: Observation, before: Sequence[Observation], history: History, found: Occurrences) -> None:
        if len(before) < 2 * KNOWN_SIGN_INS or not has_habits(before):
            return
        hour = hour_of(event.timestamp)
        distance = min(apart(hour, usual) for usual in {hour_of(each.timestamp) for each in before})
        if distance < (self.least / 2 if hour in self.night else self.least) or self.others_too(event, history):
            return
        data = {"hour": f"{localtime(event.timestamp):%H:%M}"}
        found.add(f"user:{event.account}", event.timestamp, [event], data=data, addresses=[event.ip_address])

    def others_too(self, event: Observation, history: History) -> bool:
        span = Span(event.timestamp - HOUR, event.timestamp + HOUR)
        around = history.in_time(span, SIGNED_IN, limit=200)
        return len({each.account for each in around} - {event.account}) >= self.others

    def explain(self, data: Mapping[str, object]) -> str:
        return _("Signed in at %(hour)s, when this account never is.") % {"hour": data.get("hour")}


def hour_of(moment: datetime) -> int:
    """Of the project's time zone."""
    return localtime(moment).hour


def apart(one: int, other: int) -> int:
    distance = abs(one - other)
    return min(distance, 24 - distance)


class UnusualAccess(PersonRule):
    """One account signed in to from many addresses at once: shared, or sold."""

    name = "unusual_access"
    event_type = catalog.UNUSUAL_ACCESS
    threshold = 5  # addresses in the window, of two networks at least
    seconds = 3600

    def judge(self, event: Observation, before: Sequence[Observation], history: History, found: Occurrences) -> None:
        known = history.by_person.get(event.account, ())
        since, until = event.timestamp - self.window, event.timestamp
        seen = [each for each in known if since <= each.timestamp <= until and each.ip_address]
        if len({each.address for each in seen}) >= self.least and len({each.network for each in seen}) > 1:
            addresses = [each.ip_address for each in seen]
            found.add(f"user:{event.account}", event.timestamp, seen, addresses=addresses)

    def explain(self, data: Mapping[str, object]) -> str:
        words = _("Signed in from %(number)d addresses within an hour: %(addresses)s.")
        return words % {"number": count(data, "addresses"), "addresses": listed(data, "addresses")}
