"""ECS, the Elastic Common Schema 8 (field reference of 8.11): a JSON object a line."""

from typing import Any, Final

import orjson

from eventlog.export.rows import Row, parsed, without_nothing

VERSION: Final = "8.11.0"
SEVERITIES: Final = {"debug": 10, "info": 20, "low": 40, "medium": 60, "high": 80, "critical": 100}  # ours, 0 to 100
OUTCOMES: Final = {"SUCCESS": "success", "FAILED": "failure", "ERROR": "failure", "PENDING": "unknown"}
CATEGORIES: Final = {
    "AUTH": ["authentication"],
    "FILE": ["file"],
    "SECURITY": ["intrusion_detection"],
    "CRUD": ["database"],
    "SYSTEM": ["process"],
    "ML": ["process"],
}
REQUEST: Final = ["web", "api"]
ACCOUNTS: Final = frozenset(
    ["USER_REGISTER", "PASSWORD_CHANGE", "PASSWORD_RESET", "PERMISSION_CHANGE", "ACCOUNT_LOCK", "ACCOUNT_UNLOCK"]
)
TYPES: Final = {
    "LOGIN": ["start"],
    "LOGIN_FAILED": ["start"],
    "TOKEN_ISSUED": ["start"],
    "LOGOUT": ["end"],
    "APP_START": ["start"],
    "APP_SHUTDOWN": ["end"],
    "UNCLEAN_STOP": ["end"],
    "ERROR_500": ["error"],
    "USER_REGISTER": ["user", "creation"],
    "HTTP_REQUEST": ["access"],
    "UNAUTHORIZED_ACCESS": ["denied"],
    "FILE_UPLOAD": ["creation"],
    "FILE_DOWNLOAD": ["access"],
    "FILE_DELETE": ["deletion"],
}
LOOKS: Final = frozenset(["READ", "EXPORT"])
CHANGES: Final = frozenset(["CREATE", "UPDATE", "DELETE", "BULK_UPDATE", "BULK_IMPORT"])  # ECS: of a database


def line(row: Row) -> bytes:
    return orjson.dumps(mapped(parsed(row)), option=orjson.OPT_APPEND_NEWLINE)


def mapped(row: Row) -> dict[str, Any]:
    """From a row with its JSON columns parsed."""
    found: dict[str, Any] = without_nothing(
        {
            "@timestamp": row["timestamp"],
            "ecs": {"version": VERSION},
            "message": row["event_name"] or row["event_type"],
            "event": event(row),
            "user": {"id": text(row["user_id"]), "name": row["username"], "roles": listed(row["user_role"])},
            "source": {"ip": row["ip_address"]},
            "related": {"ip": listed(row["ip_address"]), "user": listed(row["username"])},
            "user_agent": {"original": row["user_agent"]},
            "http": http(row),
            "url": {"path": row["request_path"]},
            "trace": {"id": row["trace_id"]},
            "error": error(row),
            "host": {"hostname": row["server_name"]},
            "process": {"pid": row["process_id"]},
            "service": {"version": row["application_version"], "environment": row["environment"]},
            "tags": row["tags"],
            "labels": labels(row),
            "eventlog": {name: row[name] for name in ("event_data", "changed_fields", "threats")},
        }
    )
    return found


def event(row: Row) -> dict[str, Any]:
    duration = row["response_time_ms"]
    return {
        "id": str(row["id"]),
        "kind": "alert" if row["event_category"] == "SECURITY" else "event",
        "category": category(row),
        "type": types(row),
        "action": row["event_type"].lower(),
        "outcome": OUTCOMES[row["event_status"]],
        "severity": SEVERITIES[row["severity"]],
        "risk_score": row["risk_score"],
        "duration": None if duration is None else round(duration * 1_000_000),  # nanoseconds
        "created": row["recorded_at"],
        "reason": row["reason"],
        "dataset": f"eventlog.{row['event_category'].lower()}",
        "module": "eventlog",
    }


def category(row: Row) -> list[str]:
    if row["event_type"] == "HTTP_REQUEST":
        return REQUEST
    if row["event_type"] == "ERROR_500":
        return ["web"]
    return ["iam"] if row["event_type"] in ACCOUNTS else CATEGORIES[row["event_category"]]


def types(row: Row) -> list[str]:
    if row["event_type"] in ACCOUNTS and row["event_type"] != "USER_REGISTER":
        return ["user", "change"]
    if row["event_type"] in TYPES:
        return TYPES[row["event_type"]]
    return ["change"] if row["action"] in CHANGES else ["access"] if row["action"] in LOOKS else ["info"]


def http(row: Row) -> dict[str, Any]:
    request = {"id": row["request_id"], "method": row["request_method"], "referrer": row["referrer"]}
    body = {"bytes": row["response_size_bytes"]}
    return {
        "request": request,
        "response": {
            "status_code": row["response_status"],
            "body": body,
            "mime_type": row["response_content_type"].partition(";")[0],
        },
    }


def error(row: Row) -> dict[str, Any]:
    names = {"code": "error_code", "message": "error_message", "id": "error_fingerprint", "stack_trace": "stack_trace"}
    return {name: row[column] for name, column in names.items()}


def labels(row: Row) -> dict[str, str]:
    """Keyword fields of the user's own, as ECS has them: flat, and text."""
    return {name: row[name] for name in ("entity_type", "entity_id", "entity_name", "endpoint", "session_id")}


def text(value: Any) -> str | None:
    return None if value is None else str(value)


def listed(value: str | None) -> list[str]:
    return [value] if value else []
