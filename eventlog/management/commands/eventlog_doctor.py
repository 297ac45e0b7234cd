"""`manage.py eventlog_doctor`: look at the database as a doctor would, or try what would be found. Nobody is told."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from django.core.management.base import CommandParser

from eventlog.management.doctor import indexes, order, payload, rules
from eventlog.management.facts import Facts, FactsCommand

WHATS: Final[Mapping[str, ModuleType]] = {"indexes": indexes, "order": order, "rules": rules, "payload": payload}


class Command(FactsCommand):
    help = (
        "Say how the database of the event log is, what the rules would have found in stored events, or what a text "
        "looks like. Changes nothing, opens no alerts. Exit code 0: well; 1: it could not be found out; 2: something "
        "is to be done."
    )
    bad_exit = 2
    looked_at: ModuleType

    def add_arguments(self, parser: CommandParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        for name, what in WHATS.items():
            its = whats.add_parser(name, help=what.HELP)
            what.add_arguments(its)
            super().add_arguments(its)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        self.looked_at = WHATS[options["what"]]
        found: Facts = self.looked_at.facts(options)
        return found

    def is_good(self, facts: Facts) -> bool:
        return bool(self.looked_at.is_good(facts))

    def in_words(self, facts: Facts) -> str:
        return "\n".join(self.looked_at.in_words(facts))
