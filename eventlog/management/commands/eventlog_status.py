"""`manage.py eventlog_status`: do the accounts hold?"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eventlog.conf import conf
from eventlog.forwarding import forwarder
from eventlog.management.commands import eventlog_forward
from eventlog.management.facts import Facts, FactsCommand
from eventlog.models import DeadLetter
from eventlog.models.batch import WAITING
from eventlog.pipeline.accounts import accounts, of_other_databases
from eventlog.pipeline.outbox import events_alias

WORDS = """\
recorded          {recorded:>14,}
= stored          {stored:>14,}
+ in journals     {waiting_journal:>14,}   waiting on disk
+ in the outbox   {waiting_outbox:>14,}   waiting in the database
+ dead            {dead:>14,}   refused by the database, in event_dead_letters for LOG_RETENTION_DAYS
+ dropped         {dropped:>14,}   the journal was full or damaged
+ duplicates      {duplicates:>14,}   stored before
"""
OTHERS = """
Not counted: {folder} also has segments of other databases ({found}).
Whoever works on such a database stores them. If it is this one under its former name or address, run
`manage.py eventlog_drain --moved-from {first}`."""


class Command(FactsCommand):
    help = "Print where every event is that was ever recorded: stored, waiting, refused, dropped."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        now = accounts()
        others, refused = of_other_databases(), DeadLetter.objects.using(events_alias()).counts_by_state()
        more = {"lost": now.lost, "refused": refused, "other_databases": others, "sinks": forwarder.facts()}
        return {**asdict(now), **more}

    def is_good(self, facts: Facts) -> bool:
        return not facts["lost"]

    def in_words(self, facts: Facts) -> str:
        lost = facts["lost"]
        missing = f"{lost:,} are missing: in no batch and on no disk of this machine."
        words = WORDS.format(**facts) + (missing if lost else "Nothing is missing.")
        if waiting := facts["refused"][WAITING]:
            words += f"\nOf those refused, {waiting:,} wait for a decision: in the admin, under “Refused events”."
        sinks = "".join(f"\n{eventlog_forward.in_words(sink)}" for sink in facts["sinks"])
        return words + self.of_others(facts["other_databases"]) + (f"\n\nForwarded:{sinks}" if sinks else "")

    def of_others(self, others: Mapping[str, int]) -> str:
        """A note on {digits of a database: number of segments}; empty where there are none."""
        if not others:
            return ""
        found = ", ".join(f"{database}: {number}" for database, number in others.items())
        return OTHERS.format(folder=conf.SPOOL_DIR, found=found, first=next(iter(others)))
