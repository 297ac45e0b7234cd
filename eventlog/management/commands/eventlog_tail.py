"""`manage.py eventlog_tail`: the newest events in the terminal, and with `-f` those that come."""

import os
import time
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from django.db import Error, connection
from django.utils.termcolors import colorize
from django.utils.timezone import localtime

from eventlog.api.live import read_on
from eventlog.export import ndjson
from eventlog.export.rows import row_of, shown
from eventlog.management.facts import ExplainedCommand
from eventlog.management.queries import add_query, events_of, text_of
from eventlog.models import Event
from eventlog.models.order import Place, newest_place
from eventlog.viewed import security_among, tell_viewed

POLL = 1.0  # seconds
AT_ONCE = 500
COLOURS = {"debug": "cyan", "low": "blue", "medium": "yellow", "high": "red", "critical": "magenta"}


class Command(ExplainedCommand):
    help = "Print the newest events, oldest of them first; with -f go on with those that are stored from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-f", "--follow", action="store_true", help="Go on until Ctrl-C.")
        parser.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="How many to begin with (20).")
        parser.add_argument("--json", action="store_true", help="Print a JSON object a line.")
        add_query(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.events, self.asked = events_of(options), {"q": text_of(options)}
        coloured = self.is_coloured(options)
        found = self.found(options["lines"], follow=options["follow"])
        with suppress(KeyboardInterrupt, BrokenPipeError), closing(found):
            for event in found:
                self.stdout.write(as_json(event) if options["json"] else line(event, coloured))
                self.stdout.flush()

    def is_coloured(self, options: dict[str, Any]) -> bool:
        """As https://no-color.org has it."""
        is_wanted = self.stdout.isatty() and not os.environ.get("NO_COLOR") and not options["no_color"]
        return bool(options["force_color"] or is_wanted)

    def found(self, number: int, *, follow: bool) -> Generator[Event]:
        """What is there, which is one look, and what comes, which is another."""
        place = newest_place(self.events.db) if follow else None
        newest = list(self.events.newest_first()[: max(number, 0)])
        self.tell(security_among(event.event_category for event in newest))
        yield from reversed(newest)
        if place is not None:
            yield from self.told(self.coming(place, known={event.id for event in newest}))

    def told(self, coming: Iterator[Event]) -> Iterator[Event]:
        number = 0
        try:
            for event in coming:
                number += security_among([event.event_category])
                yield event
        finally:
            self.tell(number)

    def tell(self, number: int) -> None:
        if number:
            tell_viewed(number, self.asked)

    def coming(self, place: Place, *, known: set[UUID]) -> Iterator[Event]:
        """`known` are not yet in the store order, some of them."""
        while True:
            with suppress(Error):  # a database that is away comes back
                stretch = read_on(self.events, place, limit=AT_ONCE)
                yield from (event for _place, event in stretch.events if event.id not in known)
                if stretch.end > place:
                    place = stretch.end
                    continue
            connection.close_if_unusable_or_obsolete()
            time.sleep(POLL)


def as_json(event: Event) -> str:
    (row,) = shown([row_of(event)], sees_insides=True)
    return ndjson.line(row).decode().rstrip("\n")


def line(event: Event, coloured: bool) -> str:
    who = event.username or "-"
    where = " ".join(filter(None, [event.request_method, event.endpoint or event.entity_type, event.entity_id]))
    status = str(event.response_status or event.event_status)
    took = "" if event.response_time_ms is None else f"{event.response_time_ms:.0f} ms"
    rest = [event.event_type, status, who, event.ip_address or "", where, took, event.event_name]
    text = printable("  ".join(filter(None, rest)))
    moment = f"{localtime(event.timestamp):%Y-%m-%d %H:%M:%S}"
    if not coloured:
        return f"{moment}  {event.severity:<8}  {text}"
    severity = colorize(f"{event.severity:<8}", fg=COLOURS.get(event.severity, "green"))
    return f"{moment}  {severity}  {text}"


def printable(text: str) -> str:
    """Names come from outside, and a terminal obeys what it is sent."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
