"""Django's `manage.py flush`, which empties the tables of the event log, too: who asks for it wants that."""

from contextlib import nullcontext
from typing import Any

from django.core.management.commands import flush
from django.db import connections

from eventlog.integrity import guards


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        alias = options["database"]
        is_ours = connections[alias].vendor == "postgresql"
        with guards.allowing(guards.EVERYTHING, using=alias) if is_ours else nullcontext():
            super().handle(**options)
