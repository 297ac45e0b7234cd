"""A mark is changed past the application: at the prompt of the database, by whoever can get there."""

import shutil
import subprocess

import pytest

from eventlog.tests.faults import servers
from eventlog.tests.faults.people import Person
from eventlog.tests.faults.pooler import behind_pgbouncer
from eventlog.tests.faults.servers import Request, Site, eventually

# Not what the rule says of it, if it has looked before the process ends.
FROM_OUTSIDE = "event_type = 'OUT_OF_BAND_CHANGE' AND NOT event_data ? 'finding'"


@pytest.fixture
def mark(site: Site) -> int:
    """The key of a report of marks, with 70 in mathematics."""
    script = (
        "from edupro.school.models import NilaiRaport, Siswa\n"
        "mark = NilaiRaport.objects.create(siswa=Siswa.objects.get(nis='1'), semester=1, tahun_ajaran='2025/2026',"
        " matematika=70)\nprint('MARK', mark.pk)\nwriter.stop()"
    )
    said = site.ran(script)
    site.rows(servers.EMPTY)
    return int(said.split("MARK ")[1].split()[0])


@pytest.fixture(autouse=True)
def no_marks_left(site: Site) -> None:
    site.rows("DELETE FROM school_nilairaport")
    site.rows("TRUNCATE event_outbox")


def psql(site: Site, sql: str) -> None:
    program = shutil.which("psql")
    if program is None:
        pytest.skip("no psql: apt-get install postgresql-client")
    subprocess.run([program, site.url, "-qc", sql], check=True, timeout=20, capture_output=True)


def test_a_mark_changed_with_psql_is_in_the_console_within_ten_seconds(
    site: Site, people: list[Person], mark: int
) -> None:
    server = site.gunicorn("--workers", "1")
    server.get("/")
    psql(site, f"UPDATE school_nilairaport SET matematika = 100 WHERE id = {mark}")
    assert eventually(lambda: site.count(FROM_OUTSIDE), seconds=10)
    ((key, before, after, method, role, name),) = site.rows(
        "SELECT entity_id, previous_values->'matematika', new_values->'matematika', auth_method, username, entity_type"
        " FROM events WHERE event_type = 'NILAI_UPDATE'"
    )
    assert (key, before, after, method, name) == (str(mark), 70, 100, "database", "nilai") and role
    ada = next(person for person in people if person.name == "ada")
    page = server.get("/admin/eventlog/event/", **ada.by_session).body.decode()
    assert "Change from outside the application" in page and "70 → 100" in page


def test_a_transaction_at_the_prompt_is_told_once(site: Site, mark: int) -> None:
    psql(site, "BEGIN; UPDATE school_nilairaport SET ipa = 1; UPDATE school_nilairaport SET ips = 2; COMMIT")
    site.drain()
    ((data,),) = site.rows(f"SELECT event_data FROM events WHERE {FROM_OUTSIDE}")
    assert (data["application"], data["changes"]) == ("psql", 2)
    assert site.count("event_type = 'NILAI_UPDATE' AND event_status = 'SUCCESS'") == 2


def test_what_is_rolled_back_at_the_prompt_has_not_happened(site: Site, mark: int) -> None:
    psql(site, "BEGIN; UPDATE school_nilairaport SET ipa = 1; ROLLBACK")
    site.drain()
    assert site.count("event_category IN ('CRUD', 'SECURITY')") == 0


def test_a_mark_changed_by_the_application_is_no_finding(site: Site, people: list[Person], mark: int) -> None:
    server = site.gunicorn("--workers", "1")
    dewi = next(person for person in people if person.name == "dewi")
    headers = {**dewi.by_token, "Content-Type": "application/json"}
    answer = server.ask(Request("PATCH", f"/api/nilai/{mark}", headers, b'{"matematika": 90}'))
    assert answer.status == 200
    assert eventually(lambda: site.count("event_type = 'NILAI_UPDATE'"), seconds=10)
    assert site.rows(
        "SELECT username, auth_method, request_id, endpoint, new_values->'matematika' FROM events"
        " WHERE event_type = 'NILAI_UPDATE'"
    ) == [("dewi", "jwt", answer.request_id, "/api/nilai/{id}", 90)]
    assert site.count(FROM_OUTSIDE) == 0


def test_a_role_that_may_not_write_the_log_may_change_marks(site: Site, mark: int) -> None:
    site.rows("CREATE ROLE clerk LOGIN")
    try:
        site.rows("GRANT SELECT, UPDATE ON school_nilairaport TO clerk")
        site.rows(f"SET ROLE clerk; UPDATE school_nilairaport SET matematika = 1 WHERE id = {mark}")
        site.drain()
        assert site.count("event_type = 'NILAI_UPDATE'") == 1
    finally:
        site.rows("DROP OWNED BY clerk; DROP ROLE clerk")


def test_behind_a_pooler_each_write_carries_its_own_context(site: Site, mark: int) -> None:
    """All on one server connection: what a transaction has set is not there for the next, not even for psql's."""
    direct, site.url = site.url, behind_pgbouncer(site)
    site.ran(
        "from eventlog import bound\nfrom edupro.school.models import NilaiRaport\n"
        "for number, name in enumerate(['ada', 'budi'] * 10):\n"
        f"    with bound(actor=name): NilaiRaport.objects.filter(pk={mark}).update(ipa=number)\n"
        "writer.stop()"
    )
    site.drain()
    names = site.rows("SELECT username FROM events WHERE event_type = 'NILAI_UPDATE' ORDER BY timestamp")
    assert names == [("ada",), ("budi",)] * 10 and site.count(FROM_OUTSIDE) == 0
    psql(site, f"UPDATE school_nilairaport SET ipa = 100 WHERE id = {mark}")
    site.url = direct
    site.drain()
    assert site.count("event_type = 'NILAI_UPDATE' AND auth_method = 'database'") == 1
    assert site.count(FROM_OUTSIDE) == 1
