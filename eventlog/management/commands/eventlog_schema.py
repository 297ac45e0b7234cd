"""`manage.py eventlog_schema`: the event log's tables as SQL, with what each column and index is for."""

from typing import Any

from eventlog.management.facts import ExplainedCommand
from eventlog.pipeline.outbox import events_alias
from eventlog.reference.schema import schema


class Command(ExplainedCommand):
    help = "Print the tables of the event log as SQL: columns, indexes with the question that each serves, guards."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(schema(using=events_alias()), ending="")
