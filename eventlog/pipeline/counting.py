"""Counting events while they are stored: one statement puts them into their table and into the counts, so that what is
counted is what was really inserted.

The counts' rows are shared by all writers: they are taken last before the COMMIT and in the order of their keys, else
writers would wait for each other in a circle.
"""

from eventlog.models.rollup import BUCKET, DIMENSIONS, IS_REQUEST, MEASURES

COLUMNS = (
    *("timestamp", "event_category", "event_type", "severity", "event_status", "endpoint", "server_name"),
    *(
        "response_status",
        "response_time_ms",
        "db_query_count",
        "db_time_ms",
        "cpu_time_ms",
        "memory_usage_mb",
        "user_id",
    ),
)
KEY = ", ".join(["start", "finish", *DIMENSIONS])
MINUTE = "date_trunc('minute', timestamp)"


def upsert(table: str, key: str, select: str, *, merge: str) -> str:
    """`select` gives the columns of the key first, by which it is grouped and sorted."""
    places = ", ".join(str(place + 1) for place in range(len(key.split(", "))))
    return f"""{select}
    GROUP BY {places} ORDER BY {places}
    ON CONFLICT ({key}) DO UPDATE SET {merge.replace("known.", f"{table}.")}"""


def merged(names: dict[str, str]) -> str:
    return ", ".join(f"{name} = {how}" for name, how in names.items())


def into_rollups(source: str, *, start: str, finish: str, of_rows: bool = False) -> str:
    """Count the rows of `source`: events, or (`of_rows`) finer rows of the same table."""
    dimensions = list(DIMENSIONS) if of_rows else list(DIMENSIONS.values())
    measures = [f"{measure.merge}({name if of_rows else measure.of_event})" for name, measure in MEASURES.items()]
    select = f"""INSERT INTO event_rollups ({KEY}, {", ".join(MEASURES)})
    SELECT {", ".join([start, finish, *dimensions, *measures])} FROM {source}"""
    how = {name: each.put_together(f"known.{name}", f"excluded.{name}") for name, each in MEASURES.items()}
    return upsert("event_rollups", KEY, select, merge=merged(how))


def into_durations(source: str, *, start: str, finish: str, of_rows: bool = False) -> str:
    bucket, count = ("bucket", "sum(event_count)") if of_rows else (BUCKET, "count(*)")
    where = "" if of_rows else f" WHERE {IS_REQUEST} AND response_time_ms IS NOT NULL"
    select = f"""INSERT INTO event_durations (start, finish, bucket, event_count)
    SELECT {start}, {finish}, {bucket}, {count} FROM {source}{where}"""
    how = {"event_count": "known.event_count + excluded.event_count"}
    return upsert("event_durations", "start, finish, bucket", select, merge=merged(how))


def into_user_days(source: str) -> str:
    """The day is the parameter's time zone's."""
    select = f"""INSERT INTO event_user_days (day, user_id, event_category, event_count)
    SELECT (timestamp AT TIME ZONE %s)::date, user_id, event_category, count(*) FROM {source}
    WHERE user_id IS NOT NULL"""
    how = {"event_count": "known.event_count + excluded.event_count"}
    return upsert("event_user_days", "day, user_id, event_category", select, merge=merged(how))


# `json_populate_record` makes a row of defaults, so that a key which an event lacks has its column's default.
# The parameters: the defaults' JSON, the events' JSON, the time zone.
INSERT_EVENTS = f"""
WITH stored AS (
    INSERT INTO events SELECT r.*
    FROM json_populate_recordset(json_populate_record(NULL::events, %s), %s) r
    ON CONFLICT (id, timestamp) DO NOTHING RETURNING {", ".join(COLUMNS)}
), counted AS (
    {into_rollups("stored", start=MINUTE, finish=f"{MINUTE} + interval '1 minute'")}
), timed AS (
    {into_durations("stored", start=MINUTE, finish=f"{MINUTE} + interval '1 minute'")}
), seen AS (
    {into_user_days("stored")}
)
SELECT count(*) FROM stored"""
