"""Who and where the examples of events are of: a school on one morning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

MORNING: Final = datetime.fromisoformat("2026-11-24T01:15:00+00:00")  # a quarter past eight in Jakarta


@dataclass(frozen=True, slots=True)
class Example:
    """`by` is the module that records such events, as a path in the project; empty where none of ours does. `when`
    says on what occasion, in English. `columns` as a caller would give them."""

    type: str
    by: str
    when: str
    columns: Mapping[str, Any] = field(default_factory=dict)


# --- who ---
TEACHER: Final = {"user_id": 12, "username": "guru001", "user_role": "guru"}
OFFICE: Final = {"user_id": 3, "username": "tu.sari", "user_role": "admin"}
AUDITOR: Final = {"user_id": 5, "username": "auditor", "user_role": "staff"}
SHELL: Final = {"username": "edupro", "auth_method": "system"}
BY_ITSELF: Final = {"auth_method": "system"}

# --- from where ---
ROOM: Final = {
    "ip_address": "192.0.2.44",
    "session_id": "9c1d52a07be84f6e8a31c7d2f0b65e11",
    "auth_method": "session",
    "request_id": "4f2a9c51d3e84b0f9e6a7c1b2d3e4f50",
}
HOME: Final = {
    "ip_address": "198.51.100.23",
    "auth_method": "jwt",
    "request_id": "8b7d1e20c94a4f7f8b13f0a6e5d4c3b2",
}
STRANGER: Final = {
    "ip_address": "203.0.113.7",
    "auth_method": "anonymous",
    "request_id": "c0ffee20c94a4f7f8b13f0a6e5d4c3b2",
}
JOB: Final = {"request_id": "6bfc5c42-e5c5-4ea6-9dc8-54456ea5eafa"}


def asked(method: str, path: str, status: int, endpoint: str = "") -> dict[str, Any]:
    return {"request_method": method, "endpoint": endpoint or path, "request_path": path, "response_status": status}


def fault(name: str, words: str) -> dict[str, Any]:
    return {
        "error_code": name,
        "error_message": f"{name}: {words}",
        "error_fingerprint": "8f3665b5868ef6d5e25032c3951bf66a",
        "stack_trace": f"Traceback (most recent call last):\n  …\n{name}: {words}",
    }
