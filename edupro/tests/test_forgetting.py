"""A student of the school is forgotten: the site itself has recorded what it does, and a dump of the database has
nothing left of the student."""

import os
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from edupro.postgres import programs
from edupro.school.models import Siswa
from eventlog import EventLogger
from eventlog.export.exporting import Export
from eventlog.export.formats import FORMATS
from eventlog.integrity import verify
from eventlog.integrity.verify import Question
from eventlog.models import Event, Rollup
from eventlog.search.terms import condition
from eventlog.tests.conftest import event_log
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import KEY

__all__ = ["event_log"]
pytestmark = pytest.mark.django_db(transaction=True)
NAME, NIS, STREET, MAIL = "Putri Maharani", "99887766", "Jalan Cendana 41", "putri.maharani@murid.example"
LOGIN, ADDRESS, AGENT, SECRET = "putri.m", "198.51.100.23", "PutriPhone/3.1", "correct horse battery staple"
TRACES = (NAME, "Putri%20Maharani", NIS, STREET, MAIL, LOGIN, ADDRESS, AGENT)


@pytest.fixture
def site(event_log: Callable[..., None], tmp_path: Path) -> Path:
    event_log(SIGNING_KEY=[KEY], DETECT_BEHAVIOUR=True)
    return tmp_path


def teacher() -> APIClient:
    user = User.objects.create_user("bu.rina", password=SECRET, is_staff=True)
    user.groups.set(Group.objects.filter(name="admin"))
    client = APIClient()
    client.force_login(user)
    return client


def years_at_school() -> int:
    """Entered, imported, marked, looked for, exported, changed, and signed in; the student's key."""
    staff = teacher()
    columns = {"nis": NIS, "nama": NAME, "kelas": "X", "alamat": STREET, "email": MAIL}
    staff.post("/api/siswa", {**columns, "kelas": ""}, format="json")
    staff.post("/api/siswa", {"nis": "55", "nama": "Dewi Anggraini", "kelas": "X"}, format="json")
    key = staff.post("/api/siswa", columns, format="json").json()["id"]
    table = f"nis,nama,kelas,alamat\n{NIS},{NAME},X,{STREET}\n11223344,Dewi Anggraini,X,Jalan Mawar 1\n"
    staff.post("/api/siswa/import", {"file": SimpleUploadedFile("putri.csv", table.encode())}, format="multipart")
    marks = {"siswa": key, "semester": 1, "tahun_ajaran": "2026/2027", "matematika": 91}
    staff.post("/api/nilai", marks, format="json")
    staff.patch(f"/api/siswa/{key}", {"kelas": "XI", "alamat": STREET}, format="json")
    for path in (f"/api/siswa/{key}", f"/api/siswa?search={NAME}", "/api/nilai", "/api/siswa/export?format=csv"):
        staff.get(path, HTTP_REFERER=f"https://school.example/?q={NAME}")
    account = User.objects.create_user(LOGIN, MAIL, SECRET, first_name="Putri", last_name="Maharani")
    Siswa.objects.filter(pk=key).update(user=account)
    own: dict[str, Any] = {"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT}
    for password in ("wrong", SECRET):
        Client().post("/api/auth/login", {"username": LOGIN, "password": password}, **own)
    hers = Client(**own)
    hers.force_login(account)
    hers.get("/saya/")
    EventLogger().log_event("MAINTENANCE", reason=f"wrote to {MAIL}", request_path="/x?q=Putri%20Maharani")
    hers.get(f"/api/siswa/{key}?x=' OR 1=1 --")
    return int(key)


def forget(key: int) -> None:
    for about in (["--entity", "siswa", str(key)], ["--user", LOGIN]):
        call_command("eventlog_subject", "erase", *about, "--yes", stdout=StringIO())
    wait_for_others()


def dump() -> str:
    """Of the event log's tables, as who keeps backups has it."""
    at = connection.get_connection_params()  # a host may also be among the options
    where = {f"PG{name.upper()}": str(at[name]) for name in ("host", "port", "user", "password") if at.get(name)}
    command = [str(programs() / "pg_dump"), "--data-only", "-t", "event*", str(at["dbname"])]
    return subprocess.run(command, env={**os.environ, **where}, check=True, capture_output=True, text=True).stdout


def found(text: str) -> set[str]:
    return {trace for trace in TRACES if trace.lower() in text.lower()}


def exported() -> str:
    chunks = [Export(Event.objects.all(), each, {}, sees_insides=True).chunks() for each in FORMATS.values()]
    return "\n".join(chunk.decode() for parts in chunks for chunk in parts)


def test_nothing_of_the_student_is_found_and_the_rest_is_as_it_was(site: Path) -> None:
    key = years_at_school()
    assert found(dump()) == {*TRACES} - {MAIL}  # which is masked before it is kept
    before = list(Event.objects.order_by("id").values_list("id", "event_type", "event_status", "response_status"))
    totals = dict(Rollup.objects.values_list("event_type", "event_count"))
    forget(key)
    assert found(dump()) == set()
    assert found(exported()) == set()
    assert not Event.objects.filter(condition(f'"{NAME}"')).exists()
    after = Event.objects.order_by("id").values_list("id", "event_type", "event_status", "response_status")
    assert list(after)[: len(before)] == before
    assert totals.items() <= dict(Rollup.objects.values_list("event_type", "event_count")).items()
    assert verify.total(list(verify.verify(Question(), using="default"))).findings == ()
    assert "Dewi Anggraini" in dump() and Event.objects.filter(username="bu.rina", action="UPDATE").exists()
