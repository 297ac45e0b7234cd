"""Every piece of code in README and docs runs, in the order of its page; or it says why not.

Languages that are run: see `running.RUNNERS`. What is not, has a line above its fence: `<!-- not run: why -->`.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from openpyxl import Workbook
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework_simplejwt.tokens import AccessToken
from standardwebhooks import Webhook

from edupro.reference.tests.pages import DOCS, PAGES, Block, blocks_of, name_of, text_of
from edupro.reference.tests.running import OUTPUT, RUNNERS, World, statements
from edupro.school.models import NilaiRaport, Siswa
from eventlog.logger import log_event
from eventlog.models import Alert, Hold
from eventlog.record import make_record
from eventlog.tests.conftest import Change
from eventlog.tests.retention.archives import archived, stored

WHY_NOT = re.compile(r"<!-- not run: (.+?) -->\s*$")
MADE = {"EVENT_TABLE_EDUPRO_2025.md"}  # its own test reads its examples
SECRET = "whsec_" + b64encode(b"a secret of thirty-two bytes, or").decode()


def why_not(page: Path, block: Block) -> str:
    before = "\n".join(text_of(page).splitlines()[: block.line - 1])
    found = WHY_NOT.search(before)
    return found[1] if found else ""


def to_run(page: Path) -> list[Block]:
    return [block for block in blocks_of(page) if block.language not in OUTPUT and not why_not(page, block)]


WRITTEN = [page for page in PAGES if page.name not in MADE]
each_page = pytest.mark.parametrize("page", [page for page in WRITTEN if to_run(page)], ids=name_of)


@pytest.fixture
def world(
    live_server: LiveServer, settings: Settings, event_log: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A school as the pages suppose it, served."""
    monkeypatch.chdir(tmp_path)  # what they write is not written here
    settings.MEDIA_ROOT = tmp_path / "media"
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    there = tables()
    people()
    siswa = records()
    event = log_event("LOGIN", user_id=7)
    workbook(tmp_path / "siswa.xlsx")
    token = AccessToken.for_user(User.objects.get(pk=7))
    yield World(
        folder=tmp_path,
        swaps={
            "localhost:8000": live_server.url.removeprefix("http://"),
            "0198f2c4-a1b2-7c3e-9d00-000000000000": str(event.id),
            "/api/alerts/019…": f"/api/alerts/{alert().pk}",
        },
        names={"siswa": siswa, "last_tuesday": timezone.now(), "secret": SECRET, "request": a_webhook()},
        environment={"TOKEN": str(token)},
        archive=lambda: an_archive(tmp_path / "archive"),
    )
    with connection.cursor() as cursor:
        for made in sorted(tables() - there):  # by the pages
            cursor.execute(f"DROP TABLE {made}")


def tables() -> set[str]:
    return set(connection.introspection.table_names())


def people() -> None:
    User.objects.create_user("auditor", password="…")
    User.objects.create_user("ani")
    User.objects.create_superuser("root", pk=7)


def records() -> Siswa:
    siswa = Siswa.objects.create(nis="1001", nama="Ahmad Fauzi", kelas="X-1")
    NilaiRaport.objects.create(pk=7, siswa=siswa, semester=1, tahun_ajaran="2026/2027", matematika=80)
    Hold.objects.create(pk=3, username="ani", reason="Letter of the police", placed_by="root")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('event_holds', 'id'), 100)")
    return siswa


def alert() -> Alert:
    now = timezone.now()
    seen = {"first_seen": now, "last_seen": now, "event_count": 5, "finding_count": 1}
    return Alert.objects.create(
        rule="scan_burst", event_type="SCAN_BURST", target="ip:203.0.113.7", severity="medium", **seen
    )


def workbook(path: Path) -> None:
    book = Workbook()
    for row in (["nis", "nama", "kelas"], ["2001", "Siti Aminah", "X-1"]):
        book.active.append(row)
    book.save(path)


def a_webhook() -> SimpleNamespace:
    """The request that `docs/alerts.md` receives: with the body that it shows, signed."""
    (body,) = [block.code for block in blocks_of(DOCS / "alerts.md") if block.language == "json"]
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    return SimpleNamespace(body=body, headers=headers)


def an_archive(folder: Path) -> dict[str, str]:
    """With an old sign-in that failed; what of the page's statements is otherwise here."""
    day = timezone.now().astimezone(UTC).replace(hour=12) - timezone.timedelta(days=50)
    stored(make_record("LOGIN_FAILED", {"timestamp": day, "username": "ani"}).to_json())
    archived()
    return {"/srv/archive": str(folder), "2026": str(day.year), "month = 10": f"month = {day.month}"}


@each_page
def test_the_code_of_the_page_runs(page: Path, world: World) -> None:
    assert [failure for block in to_run(page) if (failure := failure_of(world, block))] == []


def test_each_piece_of_code_says_what_it_is() -> None:
    unknown = [str(block) for page in WRITTEN for block in to_run(page) if block.language not in RUNNERS]
    assert unknown == [], f"of no language that is run ({', '.join(RUNNERS)}) and no output ({', '.join(OUTPUT)})"


def failure_of(world: World, block: Block) -> str:
    try:
        world.run(block)
    except Exception as error:  # anything may go wrong, and all of it is told at once
        return f"{block}: {type(error).__name__}: {error}"
    return ""


def test_a_piece_of_shell_is_taken_statement_by_statement() -> None:
    code = "A='{\n  \"b\": 1\n}'  # why\n# only a comment\nmanage.py check \\\n  --deploy\n"
    assert list(statements(code)) == ["A='{\n  \"b\": 1\n}'  # why", "manage.py check \\\n  --deploy"]


BROKEN: list[tuple[str, str, Any]] = [
    ("sh", "manage.py eventlog_hold list --everything", "unrecognized arguments"),
    ("sh", "EVENTLOG_BATCH_SIZE=many", "a whole number"),
    ("sh", "EVENTLOG_NO_SUCH=1", "NO_SUCH"),
    ("sh", "curl localhost:8000/api/nothing", "404"),
    ("sh", "sudo reboot", "sudo"),
    ("python", "from eventlog import nothing", "nothing"),
    ("python", "MIDDLEWARE = ['eventlog.capture.nothing.Middleware']", "nothing"),
    ("sql", "SELECT nothing FROM events;", "nothing"),
    ("json", "{,}", "JSON"),
]


def test_what_is_broken_is_found(world: World) -> None:
    for language, code, said in BROKEN:
        failure = failure_of(world, Block("page.md", 1, language, code))
        assert said in failure, (code, failure)
