"""What is exported, held against what the standards publish: names and numbers are those of OCSF 1.3.0 (tag 1.3.0 of
its repository, with the profile `host`), ECS 8.11.0 (`ecs_flat.yml`), and CEF's implementation standard, version 26."""

from collections.abc import Iterator
from typing import Any

import pytest

from eventlog import catalog
from eventlog.export import cef, ecs, ocsf
from eventlog.export.rows import Row, parsed
from eventlog.tests.export.test_formats import row

EVERYTHING: dict[str, Any] = {
    "ip_address": "10.0.0.1",
    "user_id": 7,
    "username": "ada",
    "user_role": "guru",
    "session_id": "s",
    "auth_method": "jwt",
    "request_id": "r",
    "trace_id": "t",
    "request_method": "GET",
    "request_path": "/a",
    "endpoint": "/a",
    "user_agent": "M",
    "referrer": "https://edupro.example/",
    "response_status": 200,
    "response_time_ms": 1.5,
    "response_size_bytes": 10,
    "response_content_type": "text/html; charset=utf-8",
    "entity_type": "siswa",
    "entity_id": "1",
    "entity_name": "Budi",
    "event_data": '{"a": 1}',
    "tags": '["a"]',
    "threats": '[{"kind": "sqli"}]',
    "reason": "x",
    "error_code": "e",
    "error_message": "m",
    "error_fingerprint": "f",
    "stack_trace": "t",
    "risk_score": 50,
    "server_name": "web1",
    "process_id": 3,
    "application_version": "1",
    "environment": "p",
}
KINDS = [
    *catalog.TYPES,
    *(f"SISWA_{action}" for action in ("CREATE", "READ", "UPDATE", "DELETE", "BULK_UPDATE", "EXPORT")),
]


def rows_of(event_type: str) -> Iterator[Row]:
    """Of which nothing is known, and all."""
    action = {"action": event_type.partition("_")[2]} if event_type.startswith("SISWA_") else {}
    for columns in ({}, EVERYTHING):
        yield parsed(row(event_type, **{**columns, **action}))


# --- OCSF ---
ACTIVITIES = {
    2004: ("Detection Finding", {1: "Create", 2: "Update", 3: "Close"}),
    3001: (
        "Account Change",
        {
            1: "Create",
            2: "Enable",
            3: "Password Change",
            4: "Password Reset",
            5: "Disable",
            6: "Delete",
            7: "Attach Policy",
            8: "Detach Policy",
            9: "Lock",
            10: "MFA Factor Enable",
            11: "MFA Factor Disable",
        },
    ),
    3002: (
        "Authentication",
        {
            1: "Logon",
            2: "Logoff",
            3: "Authentication Ticket",
            4: "Service Ticket Request",
            5: "Service Ticket Renew",
            6: "Preauth",
        },
    ),
    4002: (
        "HTTP Activity",
        {1: "Connect", 2: "Delete", 3: "Get", 4: "Head", 5: "Options", 6: "Post", 7: "Put", 8: "Trace"},
    ),
    6002: (
        "Application Lifecycle",
        {
            1: "Install",
            2: "Remove",
            3: "Start",
            4: "Stop",
            5: "Restart",
            6: "Enable",
            7: "Disable",
            8: "Update",
        },
    ),
    6003: ("API Activity", {1: "Create", 2: "Read", 3: "Update", 4: "Delete"}),
    6006: (
        "File Hosting Activity",
        {1: "Upload", 2: "Download", 3: "Update", 4: "Delete", 5: "Rename", 6: "Copy", 7: "Move", 8: "Restore"},
    ),
}
MEANINGS = [
    ("LOGIN", {}, "Logon"),
    ("LOGIN_FAILED", {}, "Logon"),
    ("LOGOUT", {}, "Logoff"),
    ("TOKEN_ISSUED", {}, "Authentication Ticket"),
    ("USER_REGISTER", {}, "Create"),
    ("PASSWORD_CHANGE", {}, "Password Change"),
    ("PASSWORD_RESET", {}, "Password Reset"),
    ("ACCOUNT_LOCK", {}, "Lock"),
    ("APP_START", {}, "Start"),
    ("APP_SHUTDOWN", {}, "Stop"),
    ("UNCLEAN_STOP", {}, "Stop"),
    ("FILE_UPLOAD", {}, "Upload"),
    ("FILE_DOWNLOAD", {}, "Download"),
    ("FILE_DELETE", {}, "Delete"),
    ("SISWA_CREATE", {"action": "CREATE"}, "Create"),
    ("SISWA_READ", {"action": "READ"}, "Read"),
    ("SISWA_UPDATE", {"action": "UPDATE"}, "Update"),
    ("SISWA_DELETE", {"action": "DELETE"}, "Delete"),
    ("SQL_INJECTION", {}, "Create"),
    *(("HTTP_REQUEST", {"request_method": name.upper()}, name) for name in ACTIVITIES[4002][1].values()),
]
OF_ALL = {
    *("activity_id", "activity_name", "category_uid", "class_uid", "class_name", "type_uid", "severity_id", "time"),
    *("status_id", "status", "status_code", "status_detail", "message", "duration", "metadata", "unmapped"),
}
OF_CLASS = {
    2004: {"evidences", "finding_info", "risk_score"},
    3001: {"user", "actor", "src_endpoint"},
    3002: {"user", "src_endpoint", "service", "auth_protocol"},
    4002: {"http_request", "http_response", "src_endpoint", "dst_endpoint", "actor"},
    6002: {"app", "actor"},
    6003: {"api", "actor", "src_endpoint"},
    6006: {"actor", "file", "src_endpoint"},
}
WITH_ACTOR_BY_PROFILE = {3001, 4002, 6002}


@pytest.mark.parametrize(("event_type", "columns", "caption"), MEANINGS)
def test_an_activity_of_ocsf_means_what_happened(event_type: str, columns: dict[str, Any], caption: str) -> None:
    found = ocsf.mapped(parsed(row(event_type, **columns)))
    name, activities = ACTIVITIES[found["class_uid"]]
    assert (found["class_name"], activities[found["activity_id"]]) == (name, caption)


@pytest.mark.parametrize("event_type", KINDS)
def test_a_class_of_ocsf_has_the_attributes_that_are_published(event_type: str) -> None:
    for each in rows_of(event_type):
        found = ocsf.mapped(each)
        uid, activity = found["class_uid"], found["activity_id"]
        assert set(found) <= OF_ALL | OF_CLASS[uid]
        assert activity == ocsf.OTHER or activity in ACTIVITIES[uid][1]
        assert found["metadata"].get("profiles", []) == (["host"] if uid in WITH_ACTOR_BY_PROFILE else [])


@pytest.mark.parametrize("event_type", KINDS)
def test_nobody_is_without_a_name_in_ocsf(event_type: str) -> None:
    """`user` must have one of account, name and uid."""
    for each in rows_of(event_type):
        found = ocsf.mapped(each)
        inside = found.get("evidences", [found])[0]
        users = [inside[name] for name in ("user",) if name in inside] + [inside.get("actor", {}).get("user", found)]
        assert all(user.keys() & {"name", "uid"} for user in users if user is not found)


def test_the_account_that_was_changed_is_not_taken_for_who_changed_it() -> None:
    found = ocsf.mapped(parsed(row("ACCOUNT_LOCK", user_id=1, username="admin", entity_id="7", entity_name="ada")))
    assert (found["user"], found["actor"]["user"]) == ({"uid": "7", "name": "ada"}, {"uid": "1", "name": "admin"})


def test_the_scales_of_ocsf_are_those_that_are_published() -> None:
    published = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
    assert set(ocsf.SEVERITIES.values()) == set(published)
    assert set(ocsf.STATUSES.values()) == {(0, "Unknown"), (1, "Success"), (2, "Failure")}


# --- ECS ---
FIELDS = {
    *("@timestamp", "message", "tags", "ecs.version", "trace.id", "host.hostname", "process.pid"),
    *("event.id", "event.kind", "event.category", "event.type", "event.action", "event.outcome", "event.severity"),
    *("event.risk_score", "event.duration", "event.created", "event.reason", "event.dataset", "event.module"),
    *("user.id", "user.name", "user.roles", "source.ip", "related.ip", "related.user", "user_agent.original"),
    *("http.request.id", "http.request.method", "http.request.referrer", "http.response.status_code"),
    *("http.response.body.bytes", "http.response.mime_type", "url.path", "service.version", "service.environment"),
    *("error.code", "error.message", "error.id", "error.stack_trace"),
}
LISTS = {"tags", "event.category", "event.type", "user.roles", "related.ip", "related.user"}
OUR_OWN = ("labels.", "eventlog.")  # ECS leaves `labels` and names of one's own to their users
EXPECTED_TYPES = {
    "api": {"access", "admin", "allowed", "change", "creation", "deletion", "denied", "end", "info", "start", "user"},
    "authentication": {"start", "end", "info"},
    "database": {"access", "change", "info", "error"},
    "file": {"access", "change", "creation", "deletion", "info"},
    "iam": {"admin", "change", "creation", "deletion", "group", "info", "user"},
    "intrusion_detection": {"allowed", "denied", "info"},
    "process": {"access", "change", "end", "info", "start"},
    "web": {"access", "error", "info"},
}


def leaves(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, dict):
            yield from leaves(part, f"{path}{name}.")
        else:
            yield f"{path}{name}", part


@pytest.mark.parametrize("event_type", KINDS)
def test_fields_of_ecs_are_those_that_are_published(event_type: str) -> None:
    for each in rows_of(event_type):
        found = dict(leaves(ecs.mapped(each)))
        assert {name for name in found if not name.startswith(OUR_OWN)} <= FIELDS
        assert {name for name, value in found.items() if isinstance(value, list)} - LISTS <= {"eventlog.threats"}


@pytest.mark.parametrize("event_type", KINDS)
def test_types_of_ecs_are_those_that_their_category_expects(event_type: str) -> None:
    for each in rows_of(event_type):
        event = ecs.mapped(each)["event"]
        assert event["kind"] in ("alert", "event") and event["outcome"] in ("success", "failure", "unknown")
        assert set(event["type"]) <= set.union(*(EXPECTED_TYPES[category] for category in event["category"]))


# --- CEF ---
@pytest.mark.parametrize(
    ("text", "header", "extension"),
    [
        ("a|b", r"a\|b", "a|b"),  # a pipe only ends a field of the header
        ("a=b", "a=b", r"a\=b"),  # an equals sign only a key of the extension
        ("a\\b", r"a\\b", r"a\\b"),
        ("a\nb", "a b", r"a\nb"),  # more lines than one are for values alone
        ("a\r\nb", "a  b", r"a\r\nb"),
    ],
)
def test_cef_escapes_what_ends_a_field_there(text: str, header: str, extension: str) -> None:
    assert (cef.in_header(text), cef.in_extension(text)) == (header, extension)


def test_keys_of_cef_are_those_of_its_dictionary() -> None:
    line = cef.line(row("HTTP_REQUEST", **EVERYTHING)).decode().rstrip("\n").split("|", 7)[7]
    keys = [pair.split("=")[0] for pair in line.split(" ") if "=" in pair]
    custom = {
        f"{prefix}{number}" for prefix, most in (("cs", 6), ("cn", 3), ("cfp", 4)) for number in range(1, most + 1)
    }
    published = {
        *("rt", "externalId", "cat", "act", "outcome", "reason", "suid", "suser", "spriv", "request", "requestMethod"),
        *("requestClientApplication", "requestContext", "out", "dvchost", "dvcpid", "msg", "src", "c6a2"),
    }
    assert {key.removesuffix("Label") for key in keys} <= published | custom
    assert all(f"{key}Label" in keys for key in keys if key in custom)
