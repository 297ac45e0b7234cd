"""Indexes as the database has them, compared with those that the models declare: missing, unused, bloated."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Final

from django.apps import apps
from django.db import connections, models

from eventlog.models import Event

# Whom an index of `events` serves; what is slow without it.
READERS: Final = {
    "events_newest": "the list of events and its pages",
    "events_category_time": "the list by category, and the clean-up",
    "events_type_time": "the list by type, failed sign-ins, the status page",
    "events_user_time": "the timeline of a person",
    "events_username_time": "the timeline of a name without an account",
    "events_request": "the timeline of a request, and an event's page",
    "events_trace": "the search for a trace ID",
    "events_ip_time": "the timeline of an address",
    "events_entity_time": "the timeline of a record, and its past",
    "events_session_time": "the search for a session",
    "events_endpoint_time": "the search for an endpoint",
    "events_sign_in_address": "the detection of guessing from one address",
    "events_sign_in_name": "the detection of guessing at one account",
    "events_refused": "the detection of scans and of who tries what is forbidden",
    "events_security": "the list of security events",
    "events_security_address": "the detection of attacks from one address",
    "events_severe": "the search for what is serious",
    "events_server_errors": "the search for server errors",
    "events_fingerprint": "the search for a fault, and whether it is new",
    "events_slow": "the search for slow requests",
    "events_own_days": "the clean-up of events with days of their own",
    "events_batch": "streams, forwarding, the verification",
    "events_recorded": "the search for what was stored since",
    "events_tags": "the search for tags",
    "events_data": "the search in the data of events, and timelines of records in bulk changes",
    "events_words": "the search for words",
}
TABLES: Final = """
SELECT relid FROM pg_partition_tree('events') UNION SELECT to_regclass(name) FROM unnest(%s) AS name"""
INDEXES: Final = f"""
SELECT i.relname, t.relname, parent.relname, a.amname, x.indisvalid, x.indisunique OR x.indisprimary,
    x.indpred IS NOT NULL, i.relkind = 'I', coalesce(s.idx_scan, 0), pg_relation_size(i.oid), i.reltuples::bigint,
    ARRAY(SELECT replace(pg_get_indexdef(i.oid, n, true), '"', '') || left(' DESC', 5 * (x.indoption[n - 1] & 1))
        FROM generate_series(1, x.indnkeyatts) AS n)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_am a ON a.oid = i.relam
LEFT JOIN pg_inherits h ON h.inhrelid = i.oid LEFT JOIN pg_class parent ON parent.oid = h.inhparent
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.oid
WHERE x.indrelid IN ({TABLES}) ORDER BY i.relname"""
PARTITIONS: Final = "SELECT relid::regclass::text FROM pg_partition_tree('events') WHERE isleaf ORDER BY 1"
# Since when scans are counted: since they were reset, by hand or by a crash; NULL where never.
SINCE: Final = "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()"
WIDTHS: Final = """
SELECT tablename, attname, avg_width * (1 - null_frac) FROM pg_stats
WHERE schemaname = current_schema() AND tablename = ANY(%s)"""
PAGE: Final = 8192
HEADERS: Final = 24 + 16  # of a page of a B-tree
ENTRY: Final = 8 + 4  # the header of an entry and its pointer
FULL: Final = 0.9  # B-trees are built with a tenth of each page left free
LEAST_BYTES: Final = 8 * 2**20  # what is smaller costs nobody anything
LEAST_WASTE: Final = 0.5  # the estimate is some 30 % off either way


@dataclass(frozen=True, slots=True)
class Index:
    """`parent` is the index of the partitioned table that this one is a part of; `rows` is PostgreSQL's estimate, -1
    where it has none."""

    name: str
    table: str
    parent: str | None
    method: str
    is_valid: bool
    is_unique: bool
    is_partial: bool
    is_of_partitioned: bool
    scans: int
    bytes: int
    rows: int
    columns: list[str]

    @property
    def declared_as(self) -> str:
        return self.parent or self.name


@dataclass(frozen=True, slots=True)
class Missing:
    """`why` is missing, invalid or different; `tables` are those where it is so; `mend` is SQL that makes it anew."""

    index: str
    why: str
    tables: list[str]
    reader: str
    mend: str


@dataclass(frozen=True, slots=True)
class Unused:
    index: str
    tables: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Bloated:
    index: str
    table: str
    bytes: int
    wasted: int


@dataclass(frozen=True, slots=True)
class Indexes:
    """`unknown` B-trees have no estimate: ANALYZE never looked at them, or this role may not see what it found."""

    since: datetime | None
    number: int
    bytes: int
    missing: list[Missing]
    unused: list[Unused]
    bloated: list[Bloated]
    unknown: int


def examined(using: str) -> Indexes:
    """Raises `django.db.Error`."""
    with connections[using].cursor() as cursor:
        cursor.execute(INDEXES, [[model._meta.db_table for model in tables()]])
        found = [Index(*row) for row in cursor.fetchall()]
        cursor.execute(PARTITIONS)
        partitions = [row[0] for row in cursor.fetchall()]
        cursor.execute(SINCE)
        since = cursor.fetchone()[0]
        cursor.execute(WIDTHS, [sorted({index.table for index in found})])
        widths = {(table, column): float(width) for table, column, width in cursor.fetchall()}
    looked_at = {index.name: waste(index, widths) for index in found if is_estimable(index)}
    return Indexes(
        since,
        sum(not index.is_of_partitioned for index in found),
        sum(index.bytes for index in found),
        list(missing(found, partitions, using)),
        unused(found),
        list(bloated(found, looked_at)),
        sum(wasted is None for wasted in looked_at.values()),
    )


def tables() -> list[type[models.Model]]:
    return [model for model in apps.get_app_config("eventlog").get_models() if not model._meta.proxy]


# --- missing ---
def missing(found: Iterable[Index], partitions: list[str], using: str) -> Iterator[Missing]:
    """Those of the models that the database has not, or not on every partition, or that cannot be used."""
    there, parts = {index.name: index for index in found}, defaultdict[str, dict[str, Index]](dict)
    for index in there.values():
        if index.parent is not None:
            parts[index.parent][index.table] = index
    editor = connections[using].schema_editor(collect_sql=True)
    for model in tables():
        wanted_on = partitions if model is Event else [model._meta.db_table]
        for index in model._meta.indexes:
            own = parts[index.name] if model is Event else {model._meta.db_table: there.get(index.name)}
            for why, where in wrong(there.get(index.name), index, model, own, wanted_on):
                mend = f"DROP INDEX IF EXISTS {index.name}; {index.create_sql(model, editor)};"
                yield Missing(index.name, why, where, READERS.get(index.name, ""), mend)


def wrong(
    index: Index | None,
    declared: models.Index,
    model: type[models.Model],
    own: Mapping[str, Index | None],
    tables: list[str],
) -> Iterator[tuple[str, list[str]]]:
    if index is not None and not is_as_declared(index, declared, model):
        yield "different", [index.table]
    if absent := [table for table in tables if own.get(table) is None]:
        yield "missing", absent
    if invalid := [table for table in tables if (part := own.get(table)) is not None and not part.is_valid]:
        yield "invalid", invalid


def is_as_declared(index: Index, declared: models.Index, model: type[models.Model]) -> bool:
    """By its method, its columns with their directions, and whether it is partial; conditions are not compared."""
    method = "btree" if type(declared) is models.Index else declared.suffix
    if index.method != method or index.is_partial != (declared.condition is not None):
        return False
    if not declared.fields_orders:
        return len(index.columns) == len(declared.expressions)
    column_of = {field.name: field.column for field in model._meta.concrete_fields}
    return index.columns == [f"{column_of[name]} {order}".strip() for name, order in declared.fields_orders]


# --- unused ---
def unused(found: Iterable[Index]) -> list[Unused]:
    """Those that no statement has looked into, on no partition; the biggest first. What is unique is there for that."""
    together = defaultdict[str, list[Index]](list)
    for index in found:
        if not index.is_of_partitioned:
            together[index.declared_as].append(index)
    kept = [
        Unused(name, len(parts), sum(index.bytes for index in parts))
        for name, parts in together.items()
        if not any(index.scans or index.is_unique for index in parts)
    ]
    return sorted(kept, key=lambda each: -each.bytes)


# --- bloated ---
def is_estimable(index: Index) -> bool:
    return index.method == "btree" and not index.is_of_partitioned and index.bytes >= LEAST_BYTES


def bloated(found: Iterable[Index], looked_at: Mapping[str, int | None]) -> Iterator[Bloated]:
    for index in sorted(found, key=lambda index: -index.bytes):
        wasted = looked_at.get(index.name)
        if wasted is not None and wasted >= LEAST_WASTE * index.bytes:
            yield Bloated(index.name, index.table, index.bytes, wasted)


def waste(index: Index, widths: Mapping[tuple[str, str], float]) -> int | None:
    """Bytes beyond what a new index of as many rows, of the mean widths that ANALYZE has found, would have.

    Equal keys are kept once, which is not reckoned with: then an index may be bloated and not look so.
    """
    if index.rows < 0:
        return None
    columns = [widths.get((index.table, column.removesuffix(" DESC"))) for column in index.columns]
    if index.rows and None in columns:
        return None
    width = 8 * ceil(sum(column or 0 for column in columns) / 8) + ENTRY
    pages = ceil(index.rows * width / ((PAGE - HEADERS) * FULL)) + 1
    return max(index.bytes - pages * PAGE, 0)


def as_facts(found: Indexes) -> dict[str, Any]:
    return {
        "statistics_since": None if found.since is None else found.since.isoformat(),
        "indexes": found.number,
        "bytes": found.bytes,
        "missing": [
            {"index": each.index, "why": each.why, "tables": each.tables, "reader": each.reader, "mend": each.mend}
            for each in found.missing
        ],
        "unused": [{"index": each.index, "tables": each.tables, "bytes": each.bytes} for each in found.unused],
        "bloated": [
            {"index": each.index, "table": each.table, "bytes": each.bytes, "wasted_bytes": each.wasted}
            for each in found.bloated
        ],
        "not_estimated": found.unknown,
    }
