"""Realistic input: what a browser sends, a student, a request's event."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from eventlog import catalog
from eventlog.record import EventRecord, make_record

BROWSER = {
    "HTTP_HOST": "edupro.example.sch.id",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari",
    "HTTP_ACCEPT": "application/json, text/plain, */*",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_ACCEPT_LANGUAGE": "id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7",
    "HTTP_REFERER": "https://edupro.example.sch.id/siswa?kelas=7A",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_SEC_FETCH_DEST": "empty",
    "HTTP_SEC_CH_UA_PLATFORM": '"Linux"',
    "HTTP_TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "REMOTE_ADDR": "203.0.113.7",
}
HEADERS = {name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in BROWSER.items()}
STUDENT = {
    "nis": "20260001",
    "nama": "Putri Ayu Lestari",
    "kelas": "7A",
    "jenis_kelamin": "P",
    "tanggal_lahir": "2013-04-17",
    "alamat": "Jalan Melati No. 12, RT 03 RW 05, Sleman",
    "no_telp": "081234567890",
    "email": "putri@example.sch.id",
}
# 1 KB of JSON as a form's save sends it: short values, a few secrets, a nested list.
KILOBYTE: dict[str, Any] = {
    **STUDENT,
    "password": "not-to-be-kept",
    "catatan": "Siswa pindahan dari SMP Negeri 3; rapor semester satu menyusul setelah diverifikasi wali kelas.",
    "wali": {"nama": "Bambang Sutrisno", "pekerjaan": "Petani", "penghasilan": 2_500_000, "hp": "081298765432"},
    "nilai": [
        {"semester": semester, "tahun_ajaran": "2025/2026", "matematika": 81.5, "ipa": 78, "bahasa_indonesia": 88}
        for semester in range(1, 6)
    ],
    "presensi": {"hadir": 108, "sakit": 2, "izin": 1, "alpa": 0, "persentase": 97.3},
    "diubah": "2026-11-23T08:15:42+07:00",
}
USERS = [(number, f"pengguna{number}", ("guru", "admin", "siswa")[number % 3]) for number in range(1, 400)]
ENDPOINTS = [
    ("GET", "/api/siswa", "/api/siswa"),
    ("GET", "/api/siswa/{id}", "/api/siswa/1234"),
    ("GET", "/api/nilai", "/api/nilai"),
    ("POST", "/api/presensi", "/api/presensi"),
    ("PATCH", "/api/nilai/{id}", "/api/nilai/98765"),
]


def request_columns(chance: random.Random) -> dict[str, Any]:
    """The columns that the middleware gives a request's event."""
    user_id, username, role = chance.choice(USERS)
    method, endpoint, path = chance.choice(ENDPOINTS)
    failed = chance.random() < 0.03
    return {
        "event_name": f"{method} {endpoint}",
        "event_category": catalog.CRUD,
        "severity": catalog.LOW if failed else catalog.INFO,
        "event_status": catalog.FAILED if failed else catalog.SUCCESS,
        "user_id": user_id,
        "username": username,
        "user_role": role,
        "auth_method": "jwt",
        "request_id": uuid.UUID(int=chance.getrandbits(128)).hex,
        "trace_id": uuid.UUID(int=chance.getrandbits(128)).hex,
        "ip_address": f"203.0.{chance.randrange(4)}.{chance.randrange(1, 255)}",
        "user_agent": BROWSER["HTTP_USER_AGENT"],
        "request_method": method,
        "endpoint": endpoint,
        "request_path": path,
        "query_params": {"page_size": "20", "kelas": "7A"} if method == "GET" else None,
        "request_headers": HEADERS,
        "request_body": STUDENT if method != "GET" else None,
        "referrer": BROWSER["HTTP_REFERER"],
        "response_status": 404 if failed else 200,
        "response_time_ms": chance.lognormvariate(3, 1),
        "response_size_bytes": chance.randrange(200, 20_000),
        "response_content_type": "application/json",
        "cpu_time_ms": chance.lognormvariate(1, 0.5),
        "memory_usage_mb": 96.4,
        "memory_delta_kb": chance.choice((0, 0, 0, 4, 132)),
        "db_query_count": chance.randrange(2, 9),
        "db_time_ms": chance.lognormvariate(1, 0.7),
        "tags": (),
        "server_name": "web-1",
        "process_id": 4242,
        "application_version": "0.1.0",
        "environment": "production",
    }


def request_record(chance: random.Random) -> EventRecord:
    return make_record(catalog.HTTP_REQUEST, request_columns(chance))


def json_events(*, seed: int, templates: int = 500) -> Iterator[bytes]:
    """Ever new request events in JSON, made quickly: a few hundred real ones, each time with a new id, time (all of
    the last hour, in order) and request id, so that indexes see what they see in life."""
    chance = random.Random(seed)
    made = [cut_open(request_record(chance)) for _ in range(templates)]
    begun = datetime.now(UTC)
    for number in range(10**9):
        timestamp = begun + timedelta(microseconds=number)
        middle, rest = made[number % templates]
        yield b'{"id":"%b","timestamp":"%b"%b%032x%b' % (
            str(uuid7()).encode(),
            timestamp.isoformat().encode(),
            middle,
            chance.getrandbits(128),
            rest,
        )


def cut_open(record: EventRecord) -> tuple[bytes, bytes]:
    """The JSON between `timestamp` and the request id, and after it."""
    text, request_id = record.to_json(), record.columns["request_id"].encode()
    after_time = text.index(b',"event_type"')
    middle, _, rest = text[after_time:].partition(request_id)
    return middle, rest
