"""The store order ends below the oldest transaction that is at work in any database of the server, those of the tests
that run beside this one too."""

import time

from django.db import connection


def wait_for_others(seconds: float = 60) -> None:
    """Until what is committed now is in the store order."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        own = cursor.fetchone()
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::xid8", own)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("another transaction has been at work all the time")
