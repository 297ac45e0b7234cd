"""Nothing where there always was something: the log was switched off, or what it watches has stopped."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import History
from eventlog.detection.observations import Observation
from eventlog.detection.rules.base import Rule

# Requests alone: they are what a site has, and jobs go on while it is dumb.
BUSY: Final = """
SELECT count(*) FROM (
    SELECT 1 FROM events WHERE event_type = 'HTTP_REQUEST' AND timestamp >= %s AND timestamp < %s LIMIT %s
) AS busy"""
LAST: Final = """
SELECT id::text, timestamp FROM events WHERE event_type = 'HTTP_REQUEST' AND timestamp >= %s AND timestamp < %s
ORDER BY timestamp DESC LIMIT 1"""


class EventsSilent(Rule):
    """An hour without requests, after a busy one, where the same hour was busy in each of the four weeks before.

    So neither nights nor Sundays are silent, nor a holiday, on which nothing was busy before.
    """

    name = "events_silent"
    event_type = catalog.EVENTS_SILENT
    threshold = 20  # requests in an hour that is busy
    seconds = 3600
    weeks: Final = 4

    def listens_to(self, event_type: str) -> bool:
        return False

    def wants(self, seen: Observation) -> bool:
        return False  # it is not an event that it waits for

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        return iter(())

    def until(self, moment: datetime, using: str) -> Iterator[Finding]:
        """What there is to say of the last whole hour before this moment (events_type_time)."""
        end = moment.replace(minute=0, second=0, microsecond=0)
        begin = end - self.window
        if self.requests(begin, end, using) or self.requests(begin - self.window, begin, using) < self.least:
            return
        weeks = [timedelta(weeks=number + 1) for number in range(self.weeks)]
        if all(self.requests(begin - back, end - back, using) >= self.least for back in weeks):
            yield self.finding(begin, end, using)

    def requests(self, begin: datetime, end: datetime, using: str) -> int:
        """Counted as far as it matters."""
        with connections[using].cursor() as cursor:
            cursor.execute(BUSY, [begin, end, self.least])
            return int(cursor.fetchone()[0])

    def finding(self, begin: datetime, end: datetime, using: str) -> Finding:
        with connections[using].cursor() as cursor:
            cursor.execute(LAST, [begin - self.window, begin])
            found = cursor.fetchone()
        severity = catalog.TYPES[self.event_type].severity
        data = {"since": found[1].isoformat(), "hour": begin.isoformat()}
        return Finding(self.name, self.event_type, severity, "site", begin.isoformat(), begin, end, 0, data=data)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("Since %(time)s no request has been recorded, although there always were some at this hour.")
        since = data.get("since")
        return words % {"time": f"{localtime(datetime.fromisoformat(since)):%Y-%m-%d %H:%M}" if since else "?"}
