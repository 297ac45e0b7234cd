"""The questions: what happened in a window, and how well the site did. Numbers are exact for every stored event, but
for percentiles, which are at most 2 % off."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, F, Func, GenericIPAddressField, QuerySet, Sum
from django.utils.timezone import get_default_timezone

from eventlog import catalog
from eventlog.analytics.source import Source, Sql
from eventlog.analytics.times import stretches
from eventlog.conf import conf
from eventlog.models import UserDay
from eventlog.models.rollup import MEASURES, middle_of

PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
REQUESTS = "event_type = 'HTTP_REQUEST'"
COLUMNS = ("event_category", "event_type", "event_status", "severity")
SUMS = ", ".join(
    f"{measure.merge}({name})::{'bigint' if name.endswith('_count') else 'float8'} AS {name}"
    for name, measure in MEASURES.items()
)
# Its first address: 203.0.113.0 of a /24, 2001:db8:1:: of a /48.
PREFIX = "CASE family(%(expressions)s) WHEN 4 THEN 24 ELSE 48 END"
NETWORK = Func(
    F("ip_address"),
    template=f"host(network(set_masklen(%(expressions)s, {PREFIX})))::inet",
    output_field=GenericIPAddressField(null=True),
)
Row = dict[str, Any]


# --- summary ---
def summary(source: Source) -> Row:
    """Totals, and how requests were answered."""
    rows = grouped(source.all, COLUMNS)
    requests = merged(row for row in rows if row["event_type"] == catalog.HTTP_REQUEST)
    minutes = (source.window.end - source.window.begin) / timedelta(minutes=1)
    return {
        "total": sum(row["event_count"] for row in rows),
        **{f"by_{name.removeprefix('event_')}": totals(rows, name) for name in COLUMNS},
        "requests": requests["event_count"],
        "requests_per_minute": quotient(requests["event_count"], minutes),
        "error_rate": rate(requests),
        "response_time_ms": durations(source, requests),
        "active_users": active_users(source),
    }


def grouped(counts: Sql, columns: tuple[str, ...], *, where: str = "TRUE", tail: str = "") -> list[Row]:
    """The measures for each combination of the columns; they are names of ours, never a user's text."""
    names = ", ".join(columns)
    text = f"SELECT {names}, {SUMS} FROM ({counts.text}) AS c WHERE {where} GROUP BY {names} {tail}"
    return Sql(text, counts.params).rows()


def merged(rows: Any) -> Row:
    """The measures of several rows as one."""
    result: Row = dict.fromkeys(MEASURES, 0)
    for row in rows:
        for name, measure in MEASURES.items():
            result[name] = max(result[name], row[name]) if measure.merge == "max" else result[name] + row[name]
    return result


def totals(rows: list[Row], column: str) -> dict[str, int]:
    """{value: events}, the most frequent first."""
    found: dict[str, int] = {}
    for row in rows:
        found[row[column]] = found.get(row[column], 0) + int(row["event_count"])
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def rate(row: Mapping[str, Any]) -> float | None:
    """Answers from 500 on, in percent of all."""
    return quotient(100 * row["server_error_count"], row["event_count"])


def mean_duration(row: Mapping[str, Any]) -> float | None:
    return quotient(row["response_ms"], row["timed_count"])


def durations(source: Source, requests: Row) -> dict[str, float | None]:
    longest = requests["response_ms_max"] if requests["timed_count"] else None
    return {**percentiles(source), "mean": mean_duration(requests), "max": longest}


def percentiles(source: Source) -> dict[str, float | None]:
    """By nearest rank: the duration that so many percent of the requests did not exceed."""
    text = f"SELECT bucket, sum(event_count)::bigint AS n FROM ({source.by_duration.text}) AS d GROUP BY 1 ORDER BY 1"
    buckets = [(row["bucket"], row["n"]) for row in Sql(text, source.by_duration.params).rows()]
    return {name: percentile(buckets, share) for name, share in PERCENTILES.items()}


def percentile(buckets: list[tuple[int, int]], share: float) -> float | None:
    wanted, seen = ceil(share * sum(count for _bucket, count in buckets)), 0
    for bucket, count in buckets:
        seen += count
        if seen >= wanted:
            return middle_of(bucket)
    return None


def active_users(source: Source) -> int | None:
    """Different users; for who sees all, on all of the days that the window touches. None where nobody is counted."""
    if conf.ANONYMOUS_ANALYTICS:
        return None
    people = user_days(source) if source.sees_all else source.events.exclude(user__isnull=True)
    return int(people.order_by().values("user_id").distinct().count())


def user_days(source: Source) -> QuerySet[UserDay]:
    """By whole days of the project's time zone."""
    days = [day(source.window.begin), day(source.window.end - timedelta(microseconds=1))]
    rows = UserDay.objects.filter(day__range=days)
    return rows if source.sees_security else rows.exclude(event_category=catalog.SECURITY)


def day(moment: datetime) -> date:
    return moment.astimezone(get_default_timezone()).date()


# --- over time ---
@dataclass(frozen=True, slots=True)
class Metric:
    """A number for each bucket of time, from the merged measures of what `where` chooses."""

    of: Callable[[Row], float | None]
    where: str = REQUESTS


METRICS = {
    "events": Metric(lambda row: int(row["event_count"]), "TRUE"),
    "requests": Metric(lambda row: int(row["event_count"])),
    "errors": Metric(lambda row: int(row["server_error_count"])),
    "client_errors": Metric(lambda row: int(row["client_error_count"])),
    "error_rate": Metric(rate),
    "mean": Metric(mean_duration),
    "max": Metric(lambda row: row["response_ms_max"] if row["timed_count"] else None),
    "queries": Metric(lambda row: int(row["query_count"])),
    "query_ms": Metric(lambda row: row["query_ms"]),
    "cpu_ms": Metric(lambda row: row["cpu_ms"]),
    "memory_mb_max": Metric(lambda row: row["memory_mb_max"] or None),
    "failed_logins": Metric(lambda row: int(row["event_count"]), f"event_type = '{catalog.LOGIN_FAILED}'"),
    "findings": Metric(lambda row: int(row["event_count"]), f"event_category = '{catalog.SECURITY}'"),
}
LOCAL = "at AT TIME ZONE %s"


def timeseries(source: Source, metric: str, bucket: str) -> list[Row]:
    """[{"at": begin of the bucket, "value": …}] without gaps; None where there is nothing to tell a mean of."""
    found = by_time(source, metric, bucket)
    return [
        {"at": at, "value": found.get(at, nothing(metric))}
        for at in stretches(source.window.begin, source.window.end, bucket)
    ]


def nothing(metric: str) -> float | None:
    return None if metric in PERCENTILES else METRICS[metric].of(dict.fromkeys(MEASURES, 0))


def by_time(source: Source, metric: str, bucket: str) -> dict[datetime, float | None]:
    if metric in PERCENTILES:
        return percentiles_by_time(source, PERCENTILES[metric], bucket)
    known = METRICS[metric]
    text = f"""SELECT date_trunc('{bucket}', {LOCAL}) AS bucket, {SUMS} FROM ({source.all.text}) AS facts
    WHERE {known.where} GROUP BY 1"""
    rows = Sql(text, [settings.TIME_ZONE, *source.all.params]).rows()
    return {row["bucket"]: known.of(row) for row in rows}


def percentiles_by_time(source: Source, share: float, bucket: str) -> dict[datetime, float | None]:
    text = f"""SELECT date_trunc('{bucket}', {LOCAL}) AS time, bucket, sum(event_count)::bigint AS n
    FROM ({source.by_duration.text}) AS d GROUP BY 1, 2 ORDER BY 1, 2"""
    found: dict[datetime, list[tuple[int, int]]] = {}
    for row in Sql(text, [settings.TIME_ZONE, *source.by_duration.params]).rows():
        found.setdefault(row["time"], []).append((row["bucket"], row["n"]))
    return {time: percentile(counts, share) for time, counts in found.items()}


# --- by endpoint, server, user, address ---
ORDERS = {
    "requests": "event_count",
    "slowest": "sum(response_ms) / nullif(sum(timed_count), 0)",
    "errors": "server_error_count",
    "query_ms": "query_ms",
    "queries": "query_count",
}


def endpoints(source: Source, *, order: str, limit: int, category: str = "") -> list[Row]:
    """How each endpoint does: the slowest, those with the most errors, the hungriest for the database; `category` is
    one of the catalogue's, never a user's text."""
    where = f"event_category = '{category}'" if category else "TRUE"
    tail = f"ORDER BY {ORDERS[order]} DESC NULLS LAST, endpoint LIMIT {limit}"
    return [
        {
            "endpoint": row["endpoint"],
            "requests": int(row["event_count"]),
            "mean_ms": mean_duration(row),
            "max_ms": row["response_ms_max"],
            "client_errors": int(row["client_error_count"]),
            "errors": int(row["server_error_count"]),
            "error_rate": rate(row),
            "queries_per_request": quotient(row["query_count"], row["event_count"]),
            "query_ms_per_request": quotient(row["query_ms"], row["event_count"]),
        }
        for row in grouped(source.by_endpoint, ("endpoint",), where=where, tail=tail)
    ]


def resources(source: Source, *, limit: int) -> list[Row]:
    """What each endpoint takes of each server, the dearest first."""
    tail = f"ORDER BY cpu_ms DESC, endpoint, server_name LIMIT {limit}"
    return [
        {
            "endpoint": row["endpoint"],
            "server_name": row["server_name"],
            "requests": int(row["event_count"]),
            "cpu_ms": row["cpu_ms"],
            "cpu_ms_per_request": quotient(row["cpu_ms"], row["cpu_count"]),
            "memory_mb_max": row["memory_mb_max"] or None,
            "queries": int(row["query_count"]),
            "query_ms": row["query_ms"],
        }
        for row in grouped(source.by_endpoint, ("endpoint", "server_name"), tail=tail)
    ]


def users(source: Source, *, limit: int) -> list[Row]:
    """Who was most active: [{"user_id", "username", "event_count", "by_category"}]."""
    return most_active(by_user(source), limit=limit)


def by_user(source: Source) -> dict[Any, dict[str, int]]:
    """{user: {category: events}} of all who did something."""
    found: dict[Any, dict[str, int]] = {}
    for row in users_and_categories(source):
        found.setdefault(row["user_id"], {})[row["event_category"]] = row["n"]
    return found


def most_active(found: dict[Any, dict[str, int]], *, limit: int) -> list[Row]:
    most = sorted(found.items(), key=lambda pair: (-sum(pair[1].values()), str(pair[0])))[:limit]
    called = names([key for key, _counts in most])
    return [
        {"user_id": key, "username": called.get(key, ""), "event_count": sum(counts.values()), "by_category": counts}
        for key, counts in most
    ]


def usernames(source: Source, *, limit: int) -> list[Row]:
    """The names that most events carry, as they were at the time: [{"username", "event_count"}]. Without a name is
    what nobody was signed in for."""
    return [] if conf.ANONYMOUS_ANALYTICS else source.events.counts_by("username", limit=limit)


def users_and_categories(source: Source) -> Iterable[Any]:
    """Rows with user_id, event_category and n, the number of events."""
    if conf.ANONYMOUS_ANALYTICS:
        return []
    if source.sees_all:
        return user_days(source).values("user_id", "event_category").annotate(n=Sum("event_count"))
    people = source.events.exclude(user__isnull=True).order_by()
    return people.values("user_id", "event_category").annotate(n=Count("pk"))


def names(keys: list[Any]) -> dict[Any, str]:
    """What the accounts are called now; one that is gone has no name."""
    model = get_user_model()
    return {user.pk: user.get_username() for user in model._default_manager.filter(pk__in=keys)}


def failed_logins(source: Source, *, limit: int, least: int = 1) -> Row:
    """By address, by the name that was tried, and by the reason; of each only those with at least so many. By network
    and without names where analytics are anonymous."""
    failed, is_anonymous = source.events.filter(event_type=catalog.LOGIN_FAILED), conf.ANONYMOUS_ANALYTICS
    address = NETWORK if is_anonymous else F("ip_address")
    by_address = failed.annotate(address=address).counts_by("address", least=least, limit=limit)
    return {
        "total": failed.count(),
        "by_address": [{"ip_address": row["address"], "event_count": row["event_count"]} for row in by_address],
        "by_user": [] if is_anonymous else failed.counts_by("username", least=least, limit=limit),
        "by_reason": failed.counts_by("error_code", least=least, limit=limit),
    }
