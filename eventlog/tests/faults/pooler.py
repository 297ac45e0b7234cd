"""PgBouncer in front of the database, as Debian has it."""

import os
import shutil
import subprocess

import pytest
from psycopg2.extensions import parse_dsn

from edupro import postgres
from eventlog.tests.faults.servers import Site, eventually, free_port

BEHIND = """
[databases]
behind = {database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
unix_socket_dir =
ignore_startup_parameters = extra_float_digits,options
"""


def behind_pgbouncer(site: Site, *, connections: int = 1) -> str:
    """The site's database by way of a pooler that has so many connections, and gives each transaction one of them."""
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
    configuration.write_text(BEHIND.format(database=database, port=port, connections=connections))
    process = site.run(*before, program, str(configuration), name="pgbouncer")
    assert eventually(lambda: "process up" in process.said()), process.said()
    return f"postgresql://anybody@127.0.0.1:{port}/behind"
