"""Examples of SYSTEM that the event log tells of itself: what was removed, looked at, verified; alerts."""

from typing import Any, Final

from edupro.reference.examples.cast import AUDITOR, BY_ITSELF, OFFICE, ROOM, SHELL, Example
from edupro.reference.examples.security import found
from edupro.reference.examples.system import NOBODY
from eventlog import catalog

HOLDS: Final = "eventlog/retention/holds.py"
REFUSED: Final = "eventlog/pipeline/refused.py"
TELLING: Final = "eventlog/alerts/telling.py"
FILE: Final = "year=2026/month=10/day=25/01a216a3-a192-7782-8e57-06df6b352cfc.parquet"
HELD: Final = {
    **OFFICE,
    **ROOM,
    "entity_type": "hold",
    "entity_id": "3",
    "event_data": {"username": "guru.ani", "until": None},
}
SUBJECTS: Final = "eventlog/subjects/erase.py"
REQUESTS: Final = "eventlog/subjects/requests.py"
ASKED: Final = {"entity_type": "subject_request", "entity_id": "01a216cf-8939-7554-a943-ed017b9afe75"}
LETTER: Final = {"entity_type": "event", "entity_id": "01a216a1-8e37-7d61-91f0-cfb6a88c8d21"}
ALERT: Final = {"entity_type": "alert", "entity_id": "01a2169f-debc-7388-98c2-4764770d7e2c", "severity": "high"}


def of_categories(**rows: int) -> list[dict[str, Any]]:
    return [{"category": name, "days": 90, "rows": rows.get(name, 0), "held": 0} for name in catalog.CATEGORIES]


EXAMPLES: Final = (
    Example(
        catalog.EVENTS_SILENT,
        "eventlog/detection/rules/silence.py",
        "an hour without requests, where there are always some",
        found("events_silent", "site", 0, since="2026-11-24T00:02:00+00:00", hour="2026-11-24T00:00:00+00:00"),
    ),
    Example(
        catalog.EVENTS_CLEANUP,
        "eventlog/retention/cleanup.py",
        "events past their time were removed",
        {
            **BY_ITSELF,
            "event_data": {
                "as_of": "2026-11-23T19:20:00+00:00",
                "partitions": [],
                "rows": 40210,
                "dead_letters": 2,
                "alerts": 0,
                "held": 7,
                "categories": of_categories(AUTH=1204, CRUD=39006),
            },
        },
    ),
    Example(
        catalog.EVENTS_ARCHIVED,
        "eventlog/retention/archive.py",
        "a day's events were copied to files, or files whose time is over were removed",
        {**BY_ITSELF, "event_data": {"files": [FILE], "rows": 41822, "bytes": 1840113, "removed": []}},
    ),
    Example(
        catalog.EVENTS_RESTORED,
        "eventlog/retention/restore.py",
        "events were brought back from the archive",
        {
            **SHELL,
            "event_data": {
                "from": "2026-10-25T00:00:00+00:00",
                "to": "2026-10-26T00:00:00+00:00",
                "filter": "",
                "table": "events",
                "files": [FILE],
                "rows": 41822,
            },
        },
    ),
    Example(
        catalog.EVENTS_EXPORTED,
        "eventlog/export/exporting.py",
        "somebody has taken events away",
        {
            **AUDITOR,
            **ROOM,
            "endpoint": "/api/events/export",
            "event_data": {
                "format": "csv",
                "filter": {"actor": "guru001"},
                "count": 1204,
                "security_events": 0,
                "bytes": 811204,
            },
        },
    ),
    Example(
        catalog.EVENTS_VIEWED,
        "eventlog/viewed.py",
        "somebody was shown SECURITY events or an alert: once a request",
        {
            **AUDITOR,
            **ROOM,
            "endpoint": "/api/events/security",
            "event_data": {"filter": {"hours": "24"}, "security_events": 12},
        },
    ),
    Example(catalog.EVENTS_SEALED, NOBODY, "kept for logs of earlier versions: a seal is a part of its batch"),
    Example(
        catalog.EVENTS_VERIFIED,
        "eventlog/integrity/rounds.py",
        "the verification of the night was done",
        {
            **BY_ITSELF,
            "event_data": {
                "verdict": "valid",
                "findings": 0,
                "new": 0,
                "is_whole": True,
                "events": 1204551,
                "batches": 31877,
                "unproven": 0,
                "removed": 40210,
                "erased": 0,
                "waiting": 3,
                "entries": 31902,
                "checkpoints": 5760,
                "files": 0,
                "archived": 0,
            },
        },
    ),
    Example(
        catalog.HOLD_PLACED, HOLDS, "events are kept whatever their time", {**HELD, "reason": "Letter of the police"}
    ),
    Example(catalog.HOLD_LIFTED, HOLDS, "they may go again with their time", {**HELD, "reason": "Settled"}),
    Example(
        catalog.DEAD_LETTER_RETRIED,
        REFUSED,
        "an event that the database had refused was repaired and stored",
        {
            **OFFICE,
            **ROOM,
            **LETTER,
            "changed_fields": ["username"],
            "event_data": {"refused_event": 25, "sqlstate": "22P05", "was_there": False},
        },
    ),
    Example(
        catalog.DEAD_LETTER_DISCARDED,
        REFUSED,
        "one stays out of the table for good",
        {**OFFICE, **ROOM, **LETTER, "reason": "A test of ours", "event_data": {"refused_event": 41}},
    ),
    Example(
        catalog.SUBJECT_EXPORTED,
        "eventlog/subjects/export.py",
        "a person was given what is known of him",
        {**SHELL, **ASKED, "event_data": {"count": 418, "bytes": 301842}},
    ),
    Example(
        catalog.SUBJECT_ERASED,
        SUBJECTS,
        "a person was taken out of the event log; nobody is named",
        {**BY_ITSELF, **ASKED, "event_data": {"events": 412, "archive": 96, "tables": 7, "keys": 2, "keys_missing": 0}},
    ),
    Example(
        catalog.SUBJECT_REQUESTED,
        REQUESTS,
        "somebody has asked for his data, or to be forgotten",
        {**OFFICE, **ROOM, **ASKED, "event_data": {"kind": "erase", "due": "2026-11-26T02:00:00+00:00"}},
    ),
    Example(
        catalog.SUBJECT_CONFIRMED,
        REQUESTS,
        "a second person has confirmed that somebody is erased",
        {**OFFICE, **ROOM, **ASKED, "event_data": {"kind": "erase"}},
    ),
    Example(
        catalog.SUBJECT_REFUSED,
        REQUESTS,
        "what was asked is refused; the reason is with the request",
        {**OFFICE, **ROOM, **ASKED, "event_data": {"kind": "erase"}},
    ),
    Example(
        catalog.THRESHOLD_EXCEEDED,
        "eventlog/alerts/looking.py",
        "a limit was exceeded, of the site or of the event log",
        {**found("error_rate", "site", 10, value=10.0, limit=5.0), "severity": catalog.HIGH},
    ),
    Example(
        catalog.ALERT_OPENED,
        TELLING,
        "an alert was opened or reopened; it says which, and not whom it is about",
        {**BY_ITSELF, **ALERT, "event_data": {"rule": "brute_force", "state": "open", "reopen_count": 0}},
    ),
    Example(
        catalog.ALERT_UPDATED,
        TELLING,
        "somebody has acknowledged, closed, given or noted at one, or was refused to",
        {
            **OFFICE,
            **ROOM,
            **ALERT,
            "previous_values": {"state": "open"},
            "new_values": {"state": "resolved"},
            "changed_fields": ["state"],
            "event_data": {"rule": "brute_force", "note": 0},
        },
    ),
)
