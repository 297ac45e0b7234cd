"""The stored events around those that rules are looking at: one query a question, for all keys at once.

Each question is answered by an index (named beside it) and is bounded, so that it costs the same under ten million
events and in the middle of a flood. What a question has answered is remembered for as long as one look lasts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

from django.db import connections
from django.utils.timezone import get_current_timezone

from eventlog import catalog
from eventlog.columns import stored_key
from eventlog.detection.observations import COLUMNS, Observation, account_of, bounds_of, of_row

DAY: Final = timedelta(days=1)
MONTH: Final = timedelta(days=30)
SHORT: Final = timedelta(minutes=15)
MAX_ROWS: Final = 500  # of one key, the last ones; more does not make a flood more of one
MAX_COUNTED: Final = 100_000
MAX_KEYS: Final = 200  # of one look
SELECTED: Final = ", ".join("host(e.ip_address)" if name == "ip_address" else f"e.{name}" for name in COLUMNS)
BY_ADDRESS: Final = """
SELECT {columns}
FROM unnest(%s::inet[], %s::inet[], %s::timestamptz[], %s::timestamptz[]) AS k(low, high, since, until), LATERAL (
    SELECT e.* FROM events AS e WHERE e.ip_address BETWEEN k.low AND k.high AND e.timestamp BETWEEN k.since AND k.until
    AND {condition} ORDER BY e.timestamp DESC LIMIT {limit}
) AS e"""
BY_NAME: Final = """
SELECT {columns} FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS k(name, since, until), LATERAL (
    SELECT e.* FROM events AS e WHERE {column} = k.name AND e.timestamp BETWEEN k.since AND k.until
    AND {condition} ORDER BY e.timestamp DESC LIMIT {limit}
) AS e"""
IN_TIME: Final = """
SELECT {columns} FROM events AS e WHERE e.timestamp BETWEEN %s AND %s AND {condition}
ORDER BY e.timestamp DESC LIMIT {limit}"""
OF_DAY: Final = f"""
SELECT count(*) FROM (
    SELECT FROM events AS e WHERE e.event_category = '{catalog.SECURITY}' AND e.event_type = %s
    AND e.ip_address BETWEEN %s AND %s AND e.timestamp BETWEEN %s AND %s AND NOT e.event_data ? 'finding' LIMIT {{most}}
) AS found"""
SIGN_INS: Final = "e.event_type IN ('LOGIN', 'LOGIN_FAILED', 'TOKEN_ISSUED')"  # as in the index's condition
SIGNED_IN: Final = f"{SIGN_INS} AND e.event_type <> 'LOGIN_FAILED'"
REFUSED: Final = "e.response_status IN (401, 403, 404)"

Grouped = Mapping[str, Sequence[Observation]]


@dataclass(frozen=True, slots=True)
class Span:
    since: datetime
    until: datetime

    def widened(self, before: timedelta, after: timedelta) -> "Span":
        return Span(self.since - before, self.until + after)

    def of_days(self) -> "Span":
        """The whole days of the project's time zone that it touches."""
        zone = get_current_timezone()
        first, last = self.since.astimezone(zone).date(), self.until.astimezone(zone).date()
        return Span(datetime.combine(first, time(), zone), datetime.combine(last, time.max, zone))


def spans(seen: Iterable[tuple[str, datetime]]) -> dict[str, Span]:
    """Of each key the first and the last moment; of too many keys the last ones."""
    found: dict[str, Span] = {}
    for key, moment in seen:
        span = found.get(key)
        found[key] = Span(moment, moment) if span is None else Span(min(span.since, moment), max(span.until, moment))
    return dict(list(found.items())[-MAX_KEYS:])


class History:
    """`touched` are the events that are looked at now, and `using` is the database that holds all of them."""

    def __init__(self, touched: Sequence[Observation], using: str) -> None:
        self.touched, self.using = touched, using
        self.remembered: dict[Any, Any] = {}

    @cached_property
    def sign_ins(self) -> list[Observation]:
        return [each for each in self.touched if each.is_success or each.is_failure]

    # --- sign-ins ---
    @cached_property
    def by_address(self) -> Grouped:
        """A day of sign-ins at each address (events_sign_in_address)."""
        keys = spans((each.address, each.timestamp) for each in self.sign_ins if each.ip_address)
        rows = self.at_addresses(keys, DAY, SIGN_INS)
        return grouped(rows, lambda each: each.address)

    @cached_property
    def by_network(self) -> Grouped:
        """A quarter of an hour of sign-ins at each network in which something failed (events_sign_in_address)."""
        keys = spans((each.network, each.timestamp) for each in self.sign_ins if each.is_failure and each.ip_address)
        rows = self.at_addresses(keys, SHORT, SIGN_INS)
        return grouped(rows, lambda each: each.network)

    @cached_property
    def on_site(self) -> Sequence[Observation]:
        """A quarter of an hour of all sign-ins, where one failed (events_type_time)."""
        keys = spans(("site", each.timestamp) for each in self.sign_ins if each.is_failure)
        return self.in_time(keys["site"].widened(SHORT, SHORT), SIGN_INS) if keys else ()

    @cached_property
    def by_account(self) -> Grouped:
        """A day of sign-ins to each account at which one failed, from wherever (events_sign_in_name)."""
        return self.of_accounts([each for each in self.sign_ins if each.is_failure], DAY, SIGN_INS, MAX_ROWS)

    @cached_property
    def by_person(self) -> Grouped:
        """A month of successful sign-ins of each account (events_sign_in_name)."""
        return self.of_accounts(self.sign_ins, MONTH, SIGNED_IN, 300)

    def person(self, account: str, moment: datetime) -> Sequence[Observation]:
        """A month of successful sign-ins before this moment."""
        found = self.by_person.get(account, ())
        return [each for each in found if moment - MONTH <= each.timestamp < moment]

    def of_accounts(self, seen: Sequence[Observation], before: timedelta, condition: str, limit: int) -> Grouped:
        keys = spans((name, each.timestamp) for each in seen if each.username for name in spellings(each.username))
        rows = self.named("lower(e.username)", keys, (before, DAY), condition, limit)
        return grouped(rows, lambda each: each.account)

    # --- requests ---
    @cached_property
    def refused(self) -> Grouped:
        """An hour of requests from each address that were refused or led nowhere (events_refused)."""
        keys = spans((each.address, each.timestamp) for each in self.touched if each.status in (401, 403, 404))
        rows = self.at_addresses(keys, timedelta(hours=1), REFUSED)
        return grouped(rows, lambda each: each.address)

    def of_sessions(self, keys: Mapping[str, Span], around: timedelta) -> Grouped:
        """Everything in these sessions (events_session_time)."""
        rows = self.named("e.session_id", keys, (around, around), "e.session_id <> ''", 500)
        return grouped(rows, lambda each: each.session_id)

    def of_user(self, key: Any, username: str, span: Span, condition: str) -> Sequence[Observation]:
        """By the user's key, which may be anybody's words, else by name (events_user_time, events_username_time)."""
        column, value = ("user_id", stored_key(key)) if key else ("username", username)
        if not value:
            return ()
        chosen = f"e.{column} = %s AND {condition}"
        sql = IN_TIME.format(columns=SELECTED, condition=chosen, limit=MAX_ROWS)
        return self.rows(sql, [span.since, span.until, value])

    def recorded(self, event_type: str, seen: Sequence[Observation]) -> Sequence[Observation]:
        """These events of SECURITY, and the last ones of their type at each of their addresses in their days; where
        they have none, those without one (events_security_address)."""
        condition = f"e.event_category = '{catalog.SECURITY}' AND e.event_type = '{event_type}'"
        placed = spans((each.address, each.timestamp) for each in seen if each.ip_address)
        rows = self.at_addresses({key: span.of_days() for key, span in placed.items()}, timedelta(), condition)
        if elsewhere := spans(("", each.timestamp) for each in seen if not each.ip_address):
            rows += self.in_time(elsewhere[""].of_days(), f"{condition} AND e.ip_address IS NULL")
        return in_order([*rows, *seen])

    def number_recorded(self, event_type: str, address: str, moment: datetime) -> int:
        """How many there were at an address in this day, up to MAX_COUNTED (events_security_address)."""
        day = Span(moment, moment).of_days()
        with connections[self.using].cursor() as cursor:
            values: list[Any] = [event_type, *bounds_of(address), day.since, day.until]
            cursor.execute(OF_DAY.format(most=MAX_COUNTED), values)
            return int(cursor.fetchone()[0])

    # --- the queries ---
    def named(
        self, column: str, keys: Mapping[str, Span], around: tuple[timedelta, timedelta], condition: str, limit: int
    ) -> list[Observation]:
        if not keys:
            return []
        wide = [span.widened(*around) for span in keys.values()]
        sql = BY_NAME.format(columns=SELECTED, column=column, condition=condition, limit=limit)
        return self.rows(sql, [list(keys), [each.since for each in wide], [each.until for each in wide]])

    def at_addresses(self, keys: Mapping[str, Span], around: timedelta, condition: str) -> list[Observation]:
        if not keys:
            return []
        wide = [span.widened(around, around) for span in keys.values()]
        lows, highs = zip(*map(bounds_of, keys), strict=True)
        sql = BY_ADDRESS.format(columns=SELECTED, condition=condition, limit=MAX_ROWS)
        return self.rows(sql, [list(lows), list(highs), [each.since for each in wide], [each.until for each in wide]])

    def in_time(self, span: Span, condition: str, limit: int = MAX_ROWS) -> list[Observation]:
        sql = IN_TIME.format(columns=SELECTED, condition=condition, limit=limit)
        return self.rows(sql, [span.since, span.until])

    def rows(self, sql: str, parameters: list[Any]) -> list[Observation]:
        """In the order in which they happened. Raises `django.db.Error`."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            return in_order(each for each in map(of_row, cursor) if not each.is_of_finding)


def in_order(events: Iterable[Observation]) -> list[Observation]:
    """Each once, in the order in which they happened."""
    unique = {each.id: each for each in events}
    return sorted(unique.values(), key=lambda each: (each.timestamp, each.id))


def grouped(rows: Sequence[Observation], key: Any) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for each in rows:
        found.setdefault(key(each), []).append(each)
    return found


def spellings(username: str) -> set[str]:
    """As PostgreSQL's `lower` gives them for the name as it was typed, and as it is meant."""
    return {username.lower(), account_of(username)}
