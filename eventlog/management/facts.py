"""What the commands have in common: errors that say where more is told, and facts, in words or as JSON."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.db import Error

from eventlog.checks import SETTINGS
from eventlog.explained import COMMANDS

Facts = Mapping[str, Any]


class ExplainedCommand(BaseCommand):
    """`--help` and errors end with the section of the documentation that explains the command.

    Of the checks only that of the event log's settings comes first: a fault of another app stops none of them, as they
    are wanted most on a bad night.
    """

    requires_system_checks = (SETTINGS,)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=self.more, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except SystemCheckError:  # its messages say themselves where more is told
            raise
        except CommandError as error:
            said = str(error).removesuffix(".")
            raise CommandError(f"{said}. {self.more}", returncode=error.returncode) from error.__cause__

    @property
    def more(self) -> str:
        return f"More: {COMMANDS[self.__module__.rpartition('.')[2]]}"


class FactsCommand(ExplainedCommand):
    """Does its work in `facts` and prints what that returns: in words, or with `--json` as one line of JSON.

    A database or disk that refuses is one line on stderr and exit code 1.
    """

    bad_exit = 1  # where the facts are not good

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one line of JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            facts = self.facts(options)
        except (Error, OSError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(f"{type(error).__name__}: {reason}") from error
        self.stdout.write(json.dumps(facts) if options["json"] else self.in_words(facts))
        if not self.is_good(facts):
            sys.exit(self.bad_exit)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        raise NotImplementedError

    def is_good(self, facts: Facts) -> bool:
        """Whether the exit code is 0."""
        return True

    def in_words(self, facts: Facts) -> str:
        raise NotImplementedError
