"""Each format by table, and what it escapes by property."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog import catalog
from eventlog.export import cef, ecs, ndjson, ocsf, table
from eventlog.export.formats import FORMATS
from eventlog.export.rows import COLUMNS, Row, parsed
from eventlog.models import Event

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)
KEY = UUID("0198f2c4-a1b2-7c3e-9d00-000000000000")
USUAL = {name: field.get_default() for name in COLUMNS if (field := Event._meta.get_field(name)) and not field.null}
HOSTILE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.text(
    "|=\\\r\n\" '"
)


def row(event_type: str = "MAINTENANCE", **columns: Any) -> Row:
    """As `rows.fetched` gives them."""
    category = known.category if (known := catalog.lookup(event_type)) else "SYSTEM"
    found = {**dict.fromkeys(COLUMNS), **USUAL, "id": KEY, "timestamp": NOW, "recorded_at": NOW}
    found |= {"event_type": event_type, "event_category": category}
    found |= {"event_data": "{}", "tags": "[]", "threats": "[]"}
    return {name: (found | columns)[name] for name in COLUMNS}


# --- CSV ---
def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_headings_and_excel_sees_that_it_is_utf_8() -> None:
    made = table.header() + table.line(row(username="Ayú", event_data='{"a": 1}'))
    assert made.startswith(b"\xef\xbb\xbfid,timestamp,")
    headings, values = read_csv(made)
    found = dict(zip(headings, values, strict=True))
    assert (found["username"], found["event_data"], found["timestamp"]) == ("Ayú", '{"a": 1}', NOW.isoformat())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1", "\n=1"])
def test_csv_has_no_formulas(text: str) -> None:
    assert table.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=1", "", "'=1", -5, 1.5, None])
def test_csv_leaves_what_is_no_formula(value: Any) -> None:
    assert table.cell(value) == value


@given(HOSTILE)
def test_csv_cells_come_back_as_they_were(text: str) -> None:
    values = read_csv(table.line(row(username=text)))
    assert len(values) == 1 and values[0][COLUMNS.index("username")].removeprefix("'") == text.removeprefix("'")


# --- CEF ---
def read_cef(line: str) -> tuple[list[str], dict[str, str]]:
    """As the standard tells a reader to."""
    *header, extension = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    pairs = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?=\s\w+=|$)", extension)
    back = {r"\\": "\\", r"\=": "=", r"\n": "\n", r"\r": "\r"}
    return header, {key: re.sub(r"\\.", lambda found: back[found[0]], value) for key, value in pairs}


def test_cef_says_what_happened() -> None:
    who = {"ip_address": "10.0.0.1", "username": "ada"}
    line = cef.line(row("LOGIN_FAILED", event_name="Sign-in | failed", severity="high", **who))
    header, pairs = read_cef(line.decode().rstrip("\n"))
    assert header == ["CEF:0", "EventLog", "eventlog", "-", "LOGIN_FAILED", r"Sign-in \| failed", "8"]
    assert (pairs["src"], pairs["suser"], pairs["cat"]) == ("10.0.0.1", "ada", "AUTH")
    assert pairs["rt"] == str(round(NOW.timestamp() * 1000))


def test_cef_has_a_key_of_its_own_for_ipv6() -> None:
    line = cef.line(row(ip_address="::1")).decode()
    assert "c6a2=::1" in line and " src=" not in line


@given(HOSTILE)
def test_cef_is_one_line_whose_values_come_back(text: str) -> None:
    line = cef.line(row(error_message=text, event_name=text)).decode()
    assert line.count("\n") == 1 and "\r" not in line
    extension = line.rstrip("\n").split("|")[-1] if "|" not in text else line.split("msg=", 1)[1]
    assert cef.in_extension(text) in extension
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line.split("rt=")[0])) == 7


@given(HOSTILE)
def test_cef_escaping_can_be_undone(text: str) -> None:
    back = {r"\\": "\\", r"\=": "=", r"\n": "\n", r"\r": "\r"}
    escaped = cef.in_extension(text)
    assert re.sub(r"\\.", lambda found: back[found[0]], escaped) == text
    assert re.fullmatch(r"(?:\\.|[^\\=\n\r])*", escaped, re.DOTALL)


# --- NDJSON ---
@given(HOSTILE)
def test_ndjson_is_one_object_a_line(text: str) -> None:
    line = ndjson.line(row(username=text, event_data=orjson.dumps({"a": text}).decode()))
    found = orjson.loads(line)
    assert line.count(b"\n") == 1 and (found["username"], found["event_data"]) == (text, {"a": text})


# --- OCSF ---
CLASSES = [
    ("LOGIN", {}, 3002, 1),
    ("LOGIN_FAILED", {}, 3002, 1),
    ("LOGOUT", {}, 3002, 2),
    ("TOKEN_REJECTED", {}, 3002, 99),
    ("ACCOUNT_LOCK", {}, 3001, 9),
    ("ACCOUNT_UNLOCK", {}, 3001, 99),
    ("HTTP_REQUEST", {"request_method": "GET"}, 4002, 3),
    ("HTTP_REQUEST", {"request_method": "PATCH"}, 4002, 99),
    ("SISWA_CREATE", {"action": "CREATE"}, 6003, 1),
    ("NILAI_UPDATE", {"action": "UPDATE"}, 6003, 3),
    ("PREDICTION_SINGLE", {}, 6003, 99),
    ("FILE_UPLOAD", {}, 6006, 1),
    ("APP_START", {}, 6002, 3),
    ("SQL_INJECTION", {}, 2004, 1),
]
REQUIRED = {
    3001: ["user"],
    3002: ["user", "service"],
    4002: ["http_request", "http_response", "dst_endpoint"],
    6003: ["actor", "api", "src_endpoint"],
    6002: ["app"],
    6006: ["actor", "file", "src_endpoint"],
    2004: ["finding_info"],
}
OF_ALL = ["activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid", "metadata"]


@pytest.mark.parametrize(("event_type", "columns", "class_uid", "activity_id"), CLASSES)
def test_ocsf_classes(event_type: str, columns: dict[str, Any], class_uid: int, activity_id: int) -> None:
    found = ocsf.mapped(parsed(row(event_type, **columns)))
    assert (found["class_uid"], found["activity_id"]) == (class_uid, activity_id)
    assert (found["category_uid"], found["type_uid"]) == (class_uid // 1000, class_uid * 100 + activity_id)


@pytest.mark.parametrize("event_type", [*catalog.TYPES, "SISWA_EXPORT"])
def test_ocsf_has_what_its_class_requires_however_little_is_known(event_type: str) -> None:
    found = ocsf.mapped(parsed(row(event_type)))
    assert [name for name in [*OF_ALL, *REQUIRED[found["class_uid"]]] if name not in found] == []
    assert found["metadata"]["version"] == "1.3.0" and found["metadata"]["product"]["name"]


@pytest.mark.parametrize(("severity", "number"), [("debug", 1), ("low", 2), ("high", 4), ("critical", 5)])
def test_ocsf_severities(severity: str, number: int) -> None:
    assert ocsf.mapped(parsed(row(severity=severity)))["severity_id"] == number


# --- ECS ---
KINDS = [
    ("LOGIN", {}, ["authentication"], ["start"]),
    ("USER_REGISTER", {}, ["iam"], ["user", "creation"]),
    ("ACCOUNT_LOCK", {}, ["iam"], ["user", "change"]),
    ("HTTP_REQUEST", {}, ["web", "api"], ["access"]),
    ("SISWA_UPDATE", {"action": "UPDATE"}, ["database"], ["change"]),
    ("FILE_DELETE", {}, ["file"], ["deletion"]),
    ("XSS", {}, ["intrusion_detection"], ["info"]),
]


@pytest.mark.parametrize(("event_type", "columns", "category", "types"), KINDS)
def test_ecs_categories(event_type: str, columns: dict[str, Any], category: list[str], types: list[str]) -> None:
    event = ecs.mapped(parsed(row(event_type, **columns)))["event"]
    assert (event["category"], event["type"]) == (category, types)


def test_ecs_fields() -> None:
    request = {"request_method": "GET", "response_status": 200, "response_time_ms": 1.5, "request_path": "/api/siswa"}
    found = ecs.mapped(parsed(row("HTTP_REQUEST", ip_address="::1", username="ada", user_id=7, **request)))
    assert (found["@timestamp"], found["ecs"]["version"]) == (NOW, "8.11.0")
    assert (found["source"]["ip"], found["user"]) == ("::1", {"id": "7", "name": "ada"})
    assert (found["http"]["request"]["method"], found["http"]["response"]["status_code"]) == ("GET", 200)
    assert (found["url"]["path"], found["event"]["duration"]) == ("/api/siswa", 1_500_000)


# --- all ---
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("event_type", ["LOGIN", "HTTP_REQUEST", "XSS", "FILE_UPLOAD", "MODEL_TRAIN", "APP_START"])
def test_an_event_is_a_line(name: str, event_type: str) -> None:
    made = b"".join(FORMATS[name].written([row(event_type), row(event_type)]))
    assert made.endswith(b"\n") and len(made.splitlines()) == 2 + (name == "csv")
