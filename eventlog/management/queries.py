"""What the commands that take a query in the search language have in common."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from eventlog.models import Event, EventQuerySet
from eventlog.search.query import Mistake
from eventlog.search.terms import condition

HELP = "In the search language: actor:guru001 status:>=500. Put -- before one that begins with a minus."


def add_query(parser: CommandParser) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY", help=HELP)


def text_of(options: Mapping[str, Any]) -> str:
    return " ".join(options["query"])


def events_of(options: Mapping[str, Any]) -> EventQuerySet:
    """Raises CommandError, with the place of the mistake."""
    return Event.objects.filter(condition_of(text_of(options)))


def condition_of(text: str) -> Q:
    """Raises CommandError, with the place of the mistake."""
    try:
        return condition(text)
    except Mistake as mistake:
        raise CommandError(f"{text}\n{' ' * mistake.position}^ {mistake}") from None
