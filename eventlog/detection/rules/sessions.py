"""Sessions and tokens in somebody else's hands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.clients import Client, client_of
from eventlog.detection.findings import Finding
from eventlog.detection.history import DAY, MONTH, SIGNED_IN, History, Span, spans
from eventlog.detection.observations import Observation
from eventlog.detection.places import place_of
from eventlog.detection.rules.base import Memory, Occurrences, Rule, listed

Holder = tuple[str, str]  # user agent, address
USES: Final = "e.event_type IN ('LOGIN', 'TOKEN_ISSUED', 'TOKEN_REFRESH', 'TOKEN_BLACKLISTED')"


class SessionHijack(Rule):
    """One session, two kinds of client and two networks, within minutes.

    Versions do not count, browsers update themselves; nor does another network alone, phones change theirs; nor another
    client alone, such as a phone that asks for the desktop's pages. With the same client, two places too far apart in
    turns are two holders as well.
    """

    name = "session_hijack"
    event_type = catalog.SESSION_HIJACK
    threshold = 1  # changes from one holder to the other
    seconds = 600
    turns: Final = 3  # of places, with one kind of client: there and back again, and there
    far_km: Final = 500.0

    def __init__(self) -> None:
        self.holders = Memory[Holder](20_000)  # who was last seen with each session

    def listens_to(self, event_type: str) -> bool:
        return True

    def wants(self, seen: Observation) -> bool:
        if not seen.session_id or not seen.ip_address or not seen.user_agent:
            return False
        holder = (seen.user_agent, seen.ip_address)
        return self.holders.put(seen.session_id, holder) not in (None, holder)

    def is_held_by(self, session: str, holder: Holder) -> bool:
        """Whether the session was last seen with this one."""
        return self.holders.get(session) == holder

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        keys = spans((each.session_id, each.timestamp) for each in seen)
        for events in history.of_sessions(keys, self.window).values():
            self.judge([each for each in events if each.ip_address and each.user_agent], found)
        yield from found.findings()

    def judge(self, events: Sequence[Observation], found: Occurrences) -> None:
        last: dict[Client, Observation] = {}
        changes = 0
        for event in events:
            client = client_of(event.user_agent)
            others = [each for kind, each in last.items() if kind != client and self.is_recent(each, event)]
            elsewhere = [each for each in others if each.network != event.network]
            changes += bool(elsewhere)
            if elsewhere and changes >= self.least:
                self.tell(found, elsewhere[-1], event)
            last[client] = event
        self.judge_places(events, found)

    def judge_places(self, events: Sequence[Observation], found: Occurrences) -> None:
        placed = [(each, place) for each in events if (place := place_of(each)) is not None]
        turns: list[datetime] = []
        for (one, here), (other, there) in zip(placed, placed[1:], strict=False):
            if self.is_recent(one, other) and here.km_to(there) >= self.far_km:
                turns = [*(each for each in turns if other.timestamp - each <= self.window), other.timestamp]
                if len(turns) >= self.turns:
                    self.tell(found, one, other)

    def is_recent(self, one: Observation, other: Observation) -> bool:
        return other.timestamp - one.timestamp <= self.window

    def tell(self, found: Occurrences, one: Observation, other: Observation) -> None:
        pair = [one, other]
        clients, addresses = [str(client_of(each.user_agent)) for each in pair], [each.ip_address for each in pair]
        names = [each.username for each in pair]
        target = f"session:{other.session_id}"
        found.add(target, other.timestamp, pair, clients=clients, addresses=addresses, accounts=names)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("A session of %(accounts)s is used by two at once: %(clients)s, from %(addresses)s.")
        facts = {"accounts": listed(data, "accounts") or "?", "clients": listed(data, "clients")}
        return words % {**facts, "addresses": listed(data, "addresses")}


class TokenReuse(Rule):
    """A token that was withdrawn is shown again, from elsewhere or again and again; or one is renewed by a client that
    has never signed in.

    Once, from where its owner is, it is a page that was left open.
    """

    name = "token_reuse"
    event_type = catalog.TOKEN_REUSE
    threshold = 3  # times from the owner's own place
    seconds = 900

    def listens_to(self, event_type: str) -> bool:
        return event_type in (catalog.TOKEN_REJECTED, catalog.TOKEN_REFRESH)

    def wants(self, seen: Observation) -> bool:
        return self.is_shown(seen) or seen.event_type == catalog.TOKEN_REFRESH

    def is_shown(self, seen: Observation) -> bool:
        """Whether somebody has shown a token that was withdrawn."""
        return seen.event_type == catalog.TOKEN_REJECTED and seen.error_code == "blacklisted"

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for event in filter(self.is_shown, seen):
            self.judge_shown(event, history, found)
        renewed = [each for each in seen if each.event_type == catalog.TOKEN_REFRESH]
        persons = history.of_accounts(renewed, MONTH, SIGNED_IN, 300)
        for event in renewed:
            begun = [each for each in persons.get(event.account, ()) if each.timestamp <= event.timestamp]
            self.judge_renewed(event, begun, found)
        yield from found.findings()

    def shown_lately(self, event: Observation, history: History) -> list[Observation]:
        """The withdrawn tokens of the same user that were shown here in the window, this one too (events_type_time)."""
        span = Span(event.timestamp - self.window, event.timestamp)
        shown = filter(self.is_shown, history.in_time(span, "e.event_type = 'TOKEN_REJECTED'"))
        return [each for each in shown if whose(each) == whose(event) and each.address == event.address]

    def judge_shown(self, event: Observation, history: History, found: Occurrences) -> None:
        span = Span(event.timestamp - DAY, event.timestamp)
        used = history.of_user(event.user_id or claimed(event), event.username, span, USES)
        shown = self.shown_lately(event, history)
        if used and not any(is_like(each, event) for each in used):
            self.tell(event, [event], found, catalog.HIGH)
        elif len(shown) >= self.least:
            self.tell(event, shown, found, catalog.MEDIUM)

    def judge_renewed(self, event: Observation, begun: Sequence[Observation], found: Occurrences) -> None:
        if begun and event.user_agent and event.ip_address and not any(is_like(each, event) for each in begun):
            self.tell(event, [event], found, catalog.HIGH)

    def tell(self, event: Observation, events: Sequence[Observation], found: Occurrences, severity: str) -> None:
        name = whose(event)
        target = f"user:{event.account}" if event.username else f"ip:{event.address}"
        clients = [str(client_of(event.user_agent))]
        found.add(
            target, event.timestamp, events, severity, accounts=[name], addresses=[event.ip_address], clients=clients
        )

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("A token of %(accounts)s that should be dead or elsewhere was used from %(addresses)s (%(clients)s).")
        facts = {"accounts": listed(data, "accounts") or "?", "clients": listed(data, "clients") or "?"}
        return words % {**facts, "addresses": listed(data, "addresses")}


def claimed(event: Observation) -> str:
    """Whose token it says it is; the words of whoever shows it."""
    claims = event.data.get("claims")
    return str(claims.get("user_id", "")) if isinstance(claims, Mapping) else ""


def whose(event: Observation) -> str:
    return event.username or claimed(event)


def is_like(one: Observation, other: Observation) -> bool:
    """Whether it may be the same person's: the same network, or the same kind of client."""
    return one.network == other.network or (
        bool(one.user_agent) and client_of(one.user_agent) == client_of(other.user_agent)
    )
