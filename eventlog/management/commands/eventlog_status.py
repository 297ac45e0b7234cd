"""`manage.py eventlog_status`: do the accounts hold?"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.accounts import accounts

WORDS = """\
recorded          {recorded:>14,}
= stored          {stored:>14,}
+ in journals     {waiting_journal:>14,}   waiting on disk
+ in the outbox   {waiting_outbox:>14,}   waiting in the database
+ dead            {dead:>14,}   refused by the database, kept in event_dead_letters
+ dropped         {dropped:>14,}   the journal was full or damaged
+ duplicates      {duplicates:>14,}   stored before
"""


class Command(FactsCommand):
    help = "Print where every event is that was ever recorded: stored, waiting, refused, dropped."

    def facts(self, options: Mapping[str, Any]) -> Facts:
        now = accounts()
        return {**asdict(now), "lost": now.lost}

    def is_good(self, facts: Facts) -> bool:
        return not facts["lost"]

    def in_words(self, facts: Facts) -> str:
        lost = facts["lost"]
        missing = f"{lost:,} are missing: in no batch and on no disk of this machine."
        return WORDS.format(**facts) + (missing if lost else "Nothing is missing.")
