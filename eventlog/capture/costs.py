"""What a job or a command costs: time, the processor's time, and queries."""

import time
from datetime import UTC, datetime
from typing import Any

from eventlog.context import Meter


class Cost:
    """Counts from when it is made, in the thread that makes it; `meter` may have counted before, for what is around."""

    __slots__ = ("cpu", "meter", "queries", "query_seconds", "started", "timestamp")

    def __init__(self, meter: Meter) -> None:
        self.timestamp = datetime.now(UTC)
        self.started = time.perf_counter()
        self.cpu = time.thread_time()
        self.meter = meter
        self.queries, self.query_seconds = meter.query_count, meter.query_seconds

    def columns(self) -> dict[str, Any]:
        """What it has cost so far, as clean columns."""
        return {
            "response_time_ms": round((time.perf_counter() - self.started) * 1000, 3),
            "cpu_time_ms": round((time.thread_time() - self.cpu) * 1000, 3),
            "db_query_count": self.meter.query_count - self.queries,
            "db_time_ms": round((self.meter.query_seconds - self.query_seconds) * 1000, 3),
        }
