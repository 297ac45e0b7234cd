"""What the fields of the search language mean: a tree in, a condition on events out.

Every value goes into SQL as a parameter. What a field does not understand is a `Mistake` that says where and what it
would have understood.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import and_, or_
from typing import Any as AnyValue
from typing import TypeAlias
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorExact
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventlog import catalog
from eventlog.models.event import moment_of
from eventlog.search.query import COMPARISON, All, Any, Mistake, Node, Not, Term, Value, Words, parse
from eventlog.search.times import created

EVERYTHING = Q()
Condition: TypeAlias = Callable[[Value], Q]
LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
MILLISECONDS = {"": 1.0, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "min": 60_000.0}
BYTES = {"": 1.0, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}
PLAIN = {"": 1.0}
NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([a-z]*)", re.IGNORECASE | re.ASCII)
MAX_BIGINT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """`expects` says what may be written, for messages and for the help."""

    condition: Condition
    expects: str | Promise
    example: str


def condition(text: str) -> Q:
    """The events that a query means. Raises Mistake."""
    return condition_of(parse(text))


def condition_of(node: Node) -> Q:
    match node:
        case Words(text):
            return words(text)
        case Term():
            return term(node)
        case Not(part):
            return ~condition_of(part)
        case All(parts):
            return reduce(and_, map(condition_of, parts), EVERYTHING)
        case Any(parts):
            return reduce(or_, map(condition_of, parts))


def words(text: str) -> Q:
    """By the full-text index, whose condition is repeated so that it can be used."""
    query = SearchQuery(text, config="simple", search_type="phrase")
    return ~Q(search_text="") & Q(SearchVectorExact(SearchVector("search_text", config="simple"), query))


def term(node: Term) -> Q:
    field = FIELDS.get(node.field)
    if field is None:
        raise Mistake(node.position, _("one of these fields: %s") % ", ".join(FIELDS))
    return reduce(or_, (found(field, value) for value in node.values))


def found(field: Field, value: Value) -> Q:
    try:
        return field.condition(value)
    except ValueError:
        raise Mistake(value.position, str(field.expects)) from None


# --- kinds of fields ---
def text(column: str) -> Condition:
    """Exactly, or what begins so: `endpoint:/api/siswa*`."""

    def is_it(value: Value) -> Q:
        if not value.quoted and value.text.endswith("*") and len(value.text) > 1:
            return Q(**{f"{column}__startswith": value.text[:-1]})
        return Q(**{column: value.text})

    return is_it


def one_of(column: str, allowed: Mapping[str, AnyValue], *, upper: bool) -> Condition:
    def is_it(value: Value) -> Q:
        name = value.text.upper() if upper else value.text.lower()
        if name not in allowed:
            raise ValueError
        return Q(**{column: name})

    return is_it


def compared(column: str, read: Callable[[str], AnyValue]) -> Condition:
    """`5`, `>=5`, `1..5`, `1..`, `..5`; ranges hold both their ends."""

    def is_it(value: Value) -> Q:
        if sign := COMPARISON.fullmatch(value.text):
            return Q(**{f"{column}__{LOOKUPS[sign['sign']]}": read(sign["value"])})
        low, dots, high = value.text.partition("..")
        if not dots:
            return Q(**{column: read(low)})
        if not (low or high):
            raise ValueError
        least = Q(**{f"{column}__gte": read(low)}) if low else EVERYTHING
        return least & (Q(**{f"{column}__lte": read(high)}) if high else EVERYTHING)

    return is_it


def measured(units: Mapping[str, float], *, whole: bool = False) -> Callable[[str], float]:
    def read(written: str) -> float:
        match = NUMBER.fullmatch(written)
        if match is None or match[2].lower() not in units:
            raise ValueError
        number = float(match[1]) * units[match[2].lower()]
        if not whole:
            return number
        if number != int(number) or number > MAX_BIGINT:
            raise ValueError
        return int(number)

    return read


# --- single fields ---
def status(value: Value) -> Q:
    """A result in words, or the status code of an answer: `status:failed`, `status:404`, `status:5xx`."""
    if value.text.upper() in catalog.STATUSES:
        return Q(event_status=value.text.upper())
    if re.fullmatch("[1-5]xx", value.text.lower()):
        hundred = int(value.text[0]) * 100
        return Q(response_status__range=(hundred, hundred + 99))
    return compared("response_status", status_code)(value)


def status_code(written: str) -> int:
    if not re.fullmatch(r"\d{3}", written, re.ASCII):
        raise ValueError
    return int(written)


def address(value: Value) -> Q:
    """One address, or a network: a range, which the index on addresses answers."""
    network = ipaddress.ip_network(value.text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if network.num_addresses == 1:
        return Q(ip_address=str(mapped or network.network_address))
    return Q(ip_address__range=(str(network.network_address), str(network.broadcast_address)))


def entity(value: Value) -> Q:
    """`siswa`, or one record: `siswa/123`."""
    kind, slash, key = value.text.partition("/")
    if not kind:
        raise ValueError
    return Q(entity_type=kind, entity_id=key) if slash else Q(entity_type=kind)


def user(value: Value) -> Q:
    try:
        return Q(user_id=get_user_model()._meta.pk.to_python(value.text))
    except ValidationError:
        raise ValueError from None


def event_id(value: Value) -> Q:
    """The id tells the time, and so the partition."""
    key = UUID(value.text)
    moment = moment_of(key)
    return Q(id=key, timestamp__range=(moment, moment + timedelta(milliseconds=1)))


def event_type(value: Value) -> Q:
    upper = Value(value.text.upper(), value.position, value.quoted)
    return text("event_type")(upper)


def tag(value: Value) -> Q:
    return ~Q(tags=[]) & Q(tags__contains=[value.text])  # both, so that the index can be used


def threat(value: Value) -> Q:
    return Q(threats__contains=[{"kind": value.text.lower()}])


NUMBERS = gettext_lazy("a number, or a comparison such as >=5 or 1..5")
FIELDS: dict[str, Field] = {
    "actor": Field(text("username"), gettext_lazy("a user name"), "actor:guru001"),
    "user": Field(user, gettext_lazy("the number of a user"), "user:7"),
    "role": Field(text("user_role"), gettext_lazy("a role"), "role:guru"),
    "category": Field(
        one_of("event_category", catalog.CATEGORIES, upper=True), ", ".join(catalog.CATEGORIES), "category:CRUD"
    ),
    "type": Field(event_type, gettext_lazy("a type of event"), "type:LOGIN_FAILED"),
    "severity": Field(
        one_of("severity", catalog.SEVERITIES, upper=False), ", ".join(catalog.SEVERITIES), "severity:high,critical"
    ),
    "status": Field(
        status,
        gettext_lazy("success, failed, error, pending, or a status code such as 404, 5xx or >=500"),
        "status:>=500",
    ),
    "ip": Field(address, gettext_lazy("an address or a network such as 10.0.0.0/8"), "ip:10.0.0.0/8"),
    "entity": Field(entity, gettext_lazy("a kind of record, or one record such as siswa/123"), "entity:siswa/123"),
    "action": Field(text("action"), gettext_lazy("an action such as UPDATE"), "action:UPDATE"),
    "endpoint": Field(text("endpoint"), gettext_lazy("an endpoint, or how it begins"), "endpoint:/api/siswa*"),
    "method": Field(text("request_method"), gettext_lazy("a method such as POST"), "method:POST"),
    "auth": Field(
        one_of("auth_method", catalog.AUTH_METHODS, upper=False),
        ", ".join(catalog.AUTH_METHODS),
        "auth:jwt",
    ),
    "created": Field(
        created,
        gettext_lazy("a time such as 2026-11-01, 2026-11-01T07:30, today or -24h, or two with .. between them"),
        "created:2026-11-01..2026-11-30",
    ),
    "duration": Field(
        compared("response_time_ms", measured(MILLISECONDS)),
        gettext_lazy("a time such as 250ms, >1s or 1s..5s"),
        "duration:>1s",
    ),
    "size": Field(
        compared("response_size_bytes", measured(BYTES, whole=True)),
        gettext_lazy("a size such as 500, >10kb or 1mb..5mb"),
        "size:>1mb",
    ),
    "queries": Field(compared("db_query_count", measured(PLAIN, whole=True)), NUMBERS, "queries:>50"),
    "risk": Field(compared("risk_score", measured(PLAIN, whole=True)), NUMBERS, "risk:>=50"),
    "request": Field(text("request_id"), gettext_lazy("a request ID"), "request:4f2a…"),
    "trace": Field(text("trace_id"), gettext_lazy("a trace ID"), "trace:4bf9…"),
    "session": Field(text("session_id"), gettext_lazy("a session as events show it"), "session:9c1d…"),
    "code": Field(text("error_code"), gettext_lazy("an error code"), "code:ZeroDivisionError"),
    "fault": Field(text("error_fingerprint"), gettext_lazy("an error fingerprint"), "fault:8be1…"),
    "tag": Field(tag, gettext_lazy("a tag"), "tag:out_of_band"),
    "threat": Field(threat, gettext_lazy("a kind of attack such as sqli"), "threat:sqli"),
    "id": Field(event_id, gettext_lazy("the ID of an event"), "id:0192…"),
}
