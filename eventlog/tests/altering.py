"""What the guards refuse: for tests that need a log without its past, or one that somebody has altered."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from eventlog.integrity import guards
from eventlog.models import Event


@contextmanager
def altering() -> Iterator[None]:
    """With the superuser's powers: no trigger looks on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def forget(*kinds: type[models.Model]) -> None:
    """Take all away of these, the events where none are named."""
    with guards.allowing(guards.EVERYTHING, using=DEFAULT_DB_ALIAS):
        for kind in kinds or (Event,):
            kind._base_manager.all().delete()
