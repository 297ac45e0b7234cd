"""Counting events while they are stored: one statement puts them into their table and into the counts, so that what is
counted is what was really inserted.

The counts' rows are shared by all writers: they are taken last before the COMMIT and in the order of their keys, else
writers would wait for each other in a circle.
"""

from eventlog.models.rollup import COUNTINGS, Counting

COLUMNS = (
    *("timestamp", "event_category", "event_type", "severity", "event_status", "endpoint", "server_name"),
    *("response_status", "response_time_ms", "db_query_count", "db_time_ms", "cpu_time_ms", "memory_usage_mb"),
    "user_id",
)
MINUTE = "date_trunc('minute', timestamp)"
NEXT_MINUTE = f"{MINUTE} + interval '1 minute'"


def into(
    counts: Counting, source: str, *, start: str = MINUTE, finish: str = NEXT_MINUTE, of_rows: bool = False
) -> str:
    """Count the rows of `source`: events, or (`of_rows`) finer rows of the same table."""
    dimensions = list(counts.dimensions) if of_rows else list(counts.dimensions.values())
    parts = [f"{each.merge}({name if of_rows else each.of_event})" for name, each in counts.measures.items()]
    where = "TRUE" if of_rows else counts.where
    select = f"""INSERT INTO {counts.table} ({counts.key}, {", ".join(counts.measures)})
    SELECT {", ".join([start, finish, *dimensions, *parts])} FROM {source} WHERE {where}"""
    how = {
        name: each.put_together(f"{counts.table}.{name}", f"excluded.{name}") for name, each in counts.measures.items()
    }
    return upsert(counts.key, select, how)


def into_user_days(source: str) -> str:
    """The day is the parameter's time zone's."""
    select = f"""INSERT INTO event_user_days (day, user_id, event_category, event_count)
    SELECT (timestamp AT TIME ZONE %s)::date, user_id, event_category, count(*) FROM {source}
    WHERE user_id IS NOT NULL"""
    how = {"event_count": "event_user_days.event_count + excluded.event_count"}
    return upsert("day, user_id, event_category", select, how)


def upsert(key: str, select: str, merged: dict[str, str]) -> str:
    """`select` gives the columns of the key first, by which it is grouped and sorted."""
    places = ", ".join(str(place + 1) for place in range(len(key.split(", "))))
    return f"""{select}
    GROUP BY {places} ORDER BY {places}
    ON CONFLICT ({key}) DO UPDATE SET {", ".join(f"{name} = {how}" for name, how in merged.items())}"""


# `json_populate_record` makes a row of defaults, so that a key which an event lacks has its column's default.
# The parameters: the defaults' JSON, the events' JSON.
INSERT_ANONYMOUS = f"""
WITH stored AS (
    INSERT INTO events SELECT r.*
    FROM json_populate_recordset(json_populate_record(NULL::events, %s), %s) r
    ON CONFLICT (id, timestamp) DO NOTHING RETURNING {", ".join(COLUMNS)}
), {", ".join(f"into_{counts.table} AS ({into(counts, 'stored')})" for counts in COUNTINGS)}
SELECT count(*) FROM stored"""
# And the time zone.
INSERT_EVENTS = INSERT_ANONYMOUS.replace(
    "\nSELECT count(*)", f", into_user_days AS ({into_user_days('stored')})\nSELECT count(*)"
)
