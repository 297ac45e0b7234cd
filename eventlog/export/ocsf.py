"""OCSF, the Open Cybersecurity Schema Framework 1.3: a JSON object a line.

Which class an event is of, and what it does in it, is in the tables here; ids are from https://schema.ocsf.io/1.3.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from eventlog.export.cef import milliseconds
from eventlog.export.rows import Row, parsed, without_nothing

VERSION: Final = "1.3.0"
PRODUCT: Final = {"name": "eventlog", "vendor_name": "EventLog"}
SEVERITIES: Final = {"debug": 1, "info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
STATUSES: Final = {
    "SUCCESS": (1, "Success"),
    "FAILED": (2, "Failure"),
    "ERROR": (2, "Failure"),
    "PENDING": (0, "Unknown"),
}
OTHER: Final = 99


@dataclass(frozen=True, slots=True)
class Class:
    """`activities` has the activity's id by event type, action or method."""

    uid: int
    category_uid: int
    name: str
    activities: Mapping[str, int]


ACCOUNT_CHANGE: Final = Class(
    3001,
    3,
    "Account Change",
    {"USER_REGISTER": 1, "PASSWORD_CHANGE": 3, "PASSWORD_RESET": 4, "ACCOUNT_LOCK": 9},
)
AUTHENTICATION: Final = Class(
    3002, 3, "Authentication", {"LOGIN": 1, "LOGIN_FAILED": 1, "LOGOUT": 2, "TOKEN_ISSUED": 3, "TOKEN_REFRESH": 3}
)
HTTP: Final = Class(
    4002,
    4,
    "HTTP Activity",
    {"CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8},
)
API: Final = Class(
    6003,
    6,
    "API Activity",
    {"CREATE": 1, "BULK_IMPORT": 1, "READ": 2, "EXPORT": 2, "UPDATE": 3, "BULK_UPDATE": 3, "DELETE": 4},
)
LIFECYCLE: Final = Class(6002, 6, "Application Lifecycle", {"APP_START": 3, "APP_SHUTDOWN": 4, "UNCLEAN_STOP": 4})
FILE: Final = Class(
    6006,
    6,
    "File Hosting Activity",
    {
        "FILE_UPLOAD": 1,
        "FILE_UPLOAD_FAILED": 1,
        "IMPORT_DATA": 1,
        "FILE_DOWNLOAD": 2,
        "EXPORT_DATA": 2,
        "FILE_DELETE": 4,
    },
)
FINDING: Final = Class(2004, 2, "Detection Finding", {})
HOST: Final = "host"  # the profile by which a class that has no actor of its own gets one
PROFILES: Final = {known.uid: [HOST] for known in (ACCOUNT_CHANGE, HTTP, LIFECYCLE)}
CREATED: Final = 1  # a finding's only activity here: each is told once
BY_CATEGORY: Final = {"AUTH": AUTHENTICATION, "SECURITY": FINDING, "FILE": FILE, "SYSTEM": LIFECYCLE}
ACCOUNTS: Final = frozenset([*ACCOUNT_CHANGE.activities, "ACCOUNT_UNLOCK", "PERMISSION_CHANGE"])
SHOWN: Final = (  # what has no place of its own in a class
    *("event_data", "changed_fields", "previous_values", "new_values", "tags", "threats", "reason", "session_id"),
    *("entity_type", "entity_id", "entity_name", "error_code", "error_fingerprint", "stack_trace", "endpoint"),
)


def line(row: Row) -> bytes:
    return orjson.dumps(mapped(parsed(row)), option=orjson.OPT_APPEND_NEWLINE)


def class_of(row: Row) -> Class:
    if row["event_type"] == "HTTP_REQUEST":
        return HTTP
    return ACCOUNT_CHANGE if row["event_type"] in ACCOUNTS else BY_CATEGORY.get(row["event_category"], API)


def activity(row: Row, known: Class) -> int:
    if known is FINDING:
        return CREATED
    names = (row["event_type"], row["request_method"] if known is HTTP else row["action"])
    return next((known.activities[name] for name in names if name in known.activities), OTHER)


def mapped(row: Row) -> dict[str, Any]:
    """From a row with its JSON columns parsed."""
    known = class_of(row)
    found: dict[str, Any] = without_nothing({**common(row, known), **particular(row, known)})
    return found


def common(row: Row, known: Class) -> dict[str, Any]:
    """What each class has."""
    activity_id = activity(row, known)
    status_id, status = STATUSES[row["event_status"]]
    return {
        "activity_id": activity_id,
        "activity_name": row["event_type"] if activity_id == OTHER else None,
        "category_uid": known.category_uid,
        "class_uid": known.uid,
        "class_name": known.name,
        "type_uid": known.uid * 100 + activity_id,
        "severity_id": SEVERITIES[row["severity"]],
        "status_id": status_id,
        "status": status,
        "status_code": str(row["response_status"] or row["error_code"]),
        "status_detail": row["error_message"],
        "message": row["event_name"] or row["event_type"],
        "time": milliseconds(row["timestamp"]),
        "duration": None if row["response_time_ms"] is None else round(row["response_time_ms"]),
        "metadata": metadata(row, known),
        "unmapped": {name: row[name] for name in SHOWN},
    }


def metadata(row: Row, known: Class) -> dict[str, Any]:
    return {
        "version": VERSION,
        "product": {**PRODUCT, "version": row["application_version"]},
        "profiles": PROFILES.get(known.uid, []),
        "uid": str(row["id"]),
        "event_code": row["event_type"],
        "logged_time": milliseconds(row["recorded_at"]),
        "correlation_uid": row["request_id"] or row["trace_id"],
        "log_name": row["environment"],
    }


def particular(row: Row, known: Class) -> dict[str, Any]:
    """What classes require: objects that are not known are there with what can be said of them."""
    groups = [{"name": row["user_role"]}] if row["user_role"] else []
    user = named(text(row["user_id"]), row["username"], groups=groups)
    actor = {"user": user}
    source = without_nothing({"ip": row["ip_address"]}) or {"name": "unknown"}
    if known is AUTHENTICATION:
        service = {"name": row["endpoint"] or PRODUCT["name"]}
        return {"user": user, "src_endpoint": source, "service": service, "auth_protocol": row["auth_method"]}
    if known is ACCOUNT_CHANGE:
        changed = named(row["entity_id"], row["entity_name"]) if row["entity_id"] else user
        return {"user": changed, "actor": actor, "src_endpoint": source}
    if known is HTTP:
        return {"actor": actor, "src_endpoint": source, **exchange(row)}
    if known is FILE:
        file = {"name": row["entity_name"] or row["entity_id"] or "unknown", "type_id": 1}
        return {"actor": actor, "src_endpoint": source, "file": file}
    if known is FINDING:
        return {"evidences": [{"actor": actor, "src_endpoint": source}], **finding(row)}
    if known is LIFECYCLE:
        return {"app": {**PRODUCT, "version": row["application_version"]}, "actor": actor}
    operation = {"operation": row["event_type"], "request": {"uid": row["request_id"]}}
    return {"actor": actor, "src_endpoint": source, "api": operation}


def exchange(row: Row) -> dict[str, Any]:
    """A request and its answer."""
    request = {
        "http_method": row["request_method"],
        "user_agent": row["user_agent"],
        "referrer": row["referrer"],
        "uid": row["request_id"] or str(row["id"]),
        "url": {"path": row["request_path"]},
    }
    answer = {"code": row["response_status"] or 0, "length": row["response_size_bytes"]}
    return {
        "http_request": request,
        "http_response": answer,
        "dst_endpoint": {"hostname": row["server_name"] or "unknown"},
    }


def finding(row: Row) -> dict[str, Any]:
    kind, title = row["event_type"], row["event_name"] or row["event_type"]
    return {
        "finding_info": {"uid": str(row["id"]), "title": title, "types": [kind]},
        "risk_score": row["risk_score"],
    }


def named(uid: str | None, name: str, **more: Any) -> dict[str, Any]:
    """A user, who must have the one or the other."""
    known = {"uid": uid, "name": name} if uid or name else {"name": "unknown", "type_id": 0, "type": "Unknown"}
    return {**known, **more}


def text(value: Any) -> str | None:
    return None if value is None else str(value)
