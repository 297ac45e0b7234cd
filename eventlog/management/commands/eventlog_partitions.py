"""`manage.py eventlog_partitions`: room for the months ahead."""

from collections.abc import Mapping
from typing import Any

from django.db import connections

from eventlog import tasks
from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions


class Command(FactsCommand):
    help = f"Make the partitions of this month and the next {partitions.MONTHS_AHEAD} that are missing."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        alias = events_alias()
        made = tasks.make_partitions()
        with connections[alias].cursor() as cursor:
            there = [month.table for month in partitions.existing(cursor)]
        return {"made": made, "partitions": there}

    def in_words(self, facts: Facts) -> str:
        made = ", ".join(facts["made"]) or "none, all were there"
        return f"Made: {made}.\nPartitions: {', '.join(facts['partitions'])}."
