"""Starting over: everything that the demo has kept is removed."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from edupro.demo import people
from eventlog.conf import conf
from eventlog.pipeline import segments, writer

LOCK_TIMEOUT = "10s"  # for other programs at the same database


def start_over() -> None:
    """Drop all tables, then what belongs to them: waiting events, signed checkpoints, photos, passwords.

    Raises `django.db.Error` where the tables cannot be dropped; nothing is removed then.
    """
    drop_tables()
    own = writer.current()
    for segment in segments.orphans(conf.SPOOL_DIR, own.database.identities, own_writer=own.journal.writer):
        segment.remove()
    for file in conf.CHECKPOINT_DIR.glob("*.txt") if conf.CHECKPOINT_DIR else ():
        file.unlink()  # of a log that is gone: the verification would find it shortened
    shutil.rmtree(Path(settings.MEDIA_ROOT) / "siswa", ignore_errors=True)
    people.passwords_file().unlink(missing_ok=True)


def drop_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
