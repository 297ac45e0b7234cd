"""`manage.py eventlog_partitions`: room for the time to come."""

from collections.abc import Mapping
from typing import Any

from django.db import connections

from eventlog import tasks
from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions


class Command(FactsCommand):
    help = "Make the partitions that are missing for this month (week, day: PARTITION_BY) and the next ones."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        alias = events_alias()
        made = tasks.make_partitions()
        with connections[alias].cursor() as cursor:
            there = [part.table for part in partitions.existing(cursor)]
        return {"made": made, "partitions": there}

    def in_words(self, facts: Facts) -> str:
        made = ", ".join(facts["made"]) or "none, all were there"
        return f"Made: {made}.\nPartitions: {', '.join(facts['partitions'])}."
