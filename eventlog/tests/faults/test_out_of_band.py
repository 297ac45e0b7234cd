"""A mark is changed past the application: at the prompt of the database, by whoever can get there."""

import os
import shutil
import subprocess

import pytest
from psycopg2.extensions import parse_dsn

from edupro import postgres
from eventlog.tests.faults.people import Person
from eventlog.tests.faults.servers import Request, Site, eventually, free_port

BEHIND = """
[databases]
behind = {database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 1
unix_socket_dir =
ignore_startup_parameters = extra_float_digits,options
"""


@pytest.fixture
def mark(site: Site) -> int:
    """The key of a report of marks, with 70 in mathematics."""
    script = (
        "from edupro.school.models import NilaiRaport, Siswa\n"
        "mark = NilaiRaport.objects.create(siswa=Siswa.objects.get(nis='1'), semester=1, tahun_ajaran='2025/2026',"
        " matematika=70)\nprint('MARK', mark.pk)\nwriter.stop()"
    )
    said = site.ran(script)
    site.rows("TRUNCATE events, event_outbox")
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
    assert eventually(lambda: site.count("event_type = 'OUT_OF_BAND_CHANGE'"), seconds=10)
    ((key, before, after, method, role, name),) = site.rows(
        "SELECT entity_id, previous_values->'matematika', new_values->'matematika', auth_method, username, entity_type"
        " FROM events WHERE event_type = 'NILAI_UPDATE'"
    )
    assert (key, before, after, method, name) == (str(mark), 70, 100, "database", "nilai") and role
    ada = next(person for person in people if person.name == "ada")
    page = server.get("/admin/eventlog/event/", **ada.by_session).body.decode()
    assert "OUT_OF_BAND_CHANGE" in page and "NILAI_UPDATE" in page


def test_a_statement_at_the_prompt_is_one_finding(site: Site, mark: int) -> None:
    psql(site, "BEGIN; UPDATE school_nilairaport SET ipa = 1; UPDATE school_nilairaport SET ips = 2; COMMIT")
    site.drain()
    ((data,),) = site.rows("SELECT event_data FROM events WHERE event_type = 'OUT_OF_BAND_CHANGE'")
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
    assert site.count("event_type = 'OUT_OF_BAND_CHANGE'") == 0


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
    assert names == [("ada",), ("budi",)] * 10 and site.count("event_type = 'OUT_OF_BAND_CHANGE'") == 0
    psql(site, f"UPDATE school_nilairaport SET ipa = 100 WHERE id = {mark}")
    site.url = direct
    site.drain()
    assert site.count("event_type = 'NILAI_UPDATE' AND auth_method = 'database'") == 1
    assert site.count("event_type = 'OUT_OF_BAND_CHANGE'") == 1


def behind_pgbouncer(site: Site) -> str:
    """The site's database by way of a pooler that has one connection, and gives it to each transaction in turn."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("no PgBouncer: apt-get install pgbouncer")
    # It refuses root as PostgreSQL does; as another user (`-u`) it could not enter the folder of the server's socket.
    before = postgres.NOT_AS_ROOT if os.geteuid() == 0 else []
    if before and subprocess.call([*before, "true"]):
        pytest.skip(postgres.ROOT_REFUSED)
    database = " ".join(f"{name}='{value}'" for name, value in parse_dsn(site.url).items())
    port = free_port()
    configuration = site.folder / "pgbouncer.ini"
    configuration.write_text(BEHIND.format(database=database, port=port))
    process = site.run(*before, program, str(configuration), name="pgbouncer")
    assert eventually(lambda: "process up" in process.said()), process.said()
    return f"postgresql://anybody@127.0.0.1:{port}/behind"
