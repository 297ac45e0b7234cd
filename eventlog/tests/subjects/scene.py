"""A small school's log, in which one person is everywhere: as who acted, as whom it is about, and in others' texts."""

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import connection

from eventlog.models import Event
from eventlog.record import make_record
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import write
from eventlog.tests.retention.archives import noon

USER, RECORD = 701, "4711"
NAME, USERNAME, MAIL, NUMBER = "Ayu Lestari", "ayu.lestari", "ayu@murid.example", "0051234567"
STREET, ADDRESS, AGENT = "Jalan Kenanga 12", "203.0.113.77", "AyuPhone/9 (Lestari's own)"
TRACES = (NAME, "Ayu%20Lestari", "Ayu+Lestari", USERNAME, MAIL, NUMBER, STREET, ADDRESS, AGENT, f"siswa/{RECORD}")
OTHER, REQUEST = "Bima Sakti", "subject_request"


def made(event_type: str, days_ago: int | None, **columns: Any) -> bytes:
    given = columns if days_ago is None else {"timestamp": noon(days_ago), **columns}
    return make_record(event_type, given).to_json()


def own(days_ago: int | None) -> list[bytes]:
    """What she did herself."""
    who: dict[str, Any] = {"user_id": USER, "username": USERNAME, "ip_address": ADDRESS, "user_agent": AGENT}
    return [
        made("LOGIN", days_ago, **who, request_id="login-1"),
        made("HTTP_REQUEST", days_ago, **who, request_path="/saya/", query_params={"q": NAME}, response_status=200),
        made("LOGIN_FAILED", days_ago, username=USERNAME.upper(), ip_address=ADDRESS, request_id="failed-1"),
        made("HTTP_REQUEST", days_ago, request_id="failed-1", ip_address=ADDRESS, request_path="/accounts/login/"),
        made("HTTP_REQUEST", days_ago, ip_address=ADDRESS, user_agent=AGENT, request_path="/"),
    ]


def about_her(days_ago: int | None) -> list[bytes]:
    """What was done to her record, by a teacher who is not forgotten."""
    guru: dict[str, Any] = {"user_id": 702, "username": "guru", "ip_address": "10.0.0.9", "user_agent": "Firefox"}
    values = {"nama": NAME, "nis": NUMBER, "alamat": STREET, "kelas": "X"}
    of = {"entity_type": "siswa", "entity_id": RECORD, "entity_name": NAME, **guru}
    return [
        made("SISWA_CREATE", days_ago, **of, new_values=values, request_id="create-1", action="CREATE"),
        made("HTTP_REQUEST", days_ago, **guru, request_id="create-1", request_path="/api/siswa", request_body=values),
        made("SISWA_UPDATE", days_ago, **of, previous_values={"kelas": "X"}, new_values={"kelas": "XI"}),
        made("HTTP_REQUEST", days_ago, **guru, request_path=f"/api/siswa/{RECORD}", referrer=f"/siswa/{RECORD}/?q=1"),
        made(
            "NILAI_CREATE", days_ago, **guru, entity_type="nilai", entity_id="99", entity_name=f"{NAME} – X/1",
            new_values={"siswa_id": int(RECORD), "matematika": 88}, action="CREATE",
        ),
    ]  # fmt: skip


def of_others(days_ago: int | None) -> list[bytes]:
    """Where she is only one of several, or is spoken of."""
    guru = {"user_id": 702, "username": "guru", "ip_address": "10.0.0.9"}
    rows = [{"nama": NAME, "alamat": STREET}, {"nama": OTHER, "alamat": "Jalan Melati 3"}]
    before = {"kelas": {RECORD: "X", "4712": "X"}}
    data = {"count": 2, "keys": [RECORD, "4712"], "complete": True, "filter": f"nama = {NAME}", "n": 1.50}
    return [
        made("SISWA_BULK_UPDATE", days_ago, **guru, entity_type="siswa", event_data=data, previous_values=before),
        made("HTTP_REQUEST", days_ago, **guru, request_path="/api/siswa/import", request_body={"rows": rows}),
        made("HTTP_REQUEST", days_ago, **guru, request_path="/api/siswa?search=Ayu%20Lestari", reason=f"for {MAIL}"),
        made("SISWA_UPDATE", days_ago, **guru, entity_type="siswa", entity_id="4712", entity_name=OTHER),
        made("MAINTENANCE", days_ago, reason=f"called {NAME}, who lives at {STREET}", event_data={"who": [NAME]}),
    ]


def everything(days_ago: int | None = None) -> list[bytes]:
    return [*own(days_ago), *about_her(days_ago), *of_others(days_ago)]


def stored(days_ago: int | None = None) -> None:
    write(*everything(days_ago))
    wait_for_others()


# --- where she may be ---
def dumped() -> str:
    """All rows of all of the event log's tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'event%%' ORDER BY 1")
        tables = [row[0] for row in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f"SELECT '{table}: ' || t::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def in_files(folder: Path) -> str:
    return "\n".join(str(pq.read_table(path, partitioning=None).to_pylist()) for path in folder.rglob("*.parquet"))


def in_spool(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file())


def traces(text: str) -> set[str]:
    """Of her name, address, number and so on those that are there."""
    return {trace for trace in TRACES if re.search(re.escape(trace), text, re.IGNORECASE)}


def facts() -> list[tuple[Any, ...]]:
    """What must stay as it is, of all events."""
    columns = ("id", "timestamp", "event_type", "event_category", "severity", "event_status", "response_status")
    return list(Event.objects.order_by("id").values_list(*columns))
