"""Tables whose rows come and go, and what autovacuum is told about them. `benchmarks.churn` measures what that does."""

from collections.abc import Iterator, Mapping
from typing import Final

# Every row of the outbox is deleted within seconds. By PostgreSQL's own settings dead rows may be a fifth of the table
# as it was when it was last counted, which after a time without workers is many. A bound; in ordinary traffic it makes
# no difference. And it is to be done in one go, not a little at a time: nothing else reads this table.
OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "event_outbox": {
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_threshold": "1000",
        "autovacuum_vacuum_cost_delay": "0",
    }
}
# Their rows are added to, nearly always in place (HOT): PostgreSQL's own settings keep up, and a lower fillfactor gains
# nothing.
OF_COUNTS: Final = ("event_rollups", "event_endpoints", "event_durations", "event_user_days")


def altered() -> Iterator[str]:
    for table, options in OPTIONS.items():
        yield f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in options.items())})"


def reset() -> Iterator[str]:
    for table, options in OPTIONS.items():
        yield f"ALTER TABLE {table} RESET ({', '.join(options)})"
