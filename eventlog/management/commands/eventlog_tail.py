"""`manage.py eventlog_tail`: the newest events in the terminal, and with `-f` those that come."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection
from django.utils.termcolors import colorize
from django.utils.timezone import localtime

from eventlog.api.live import read_on
from eventlog.export import ndjson
from eventlog.export.rows import row_of
from eventlog.management.queries import add_query, events_of
from eventlog.models import Event, EventQuerySet
from eventlog.models.order import newest_place

POLL = 1.0  # seconds
AT_ONCE = 500
COLOURS = {"debug": "cyan", "low": "blue", "medium": "yellow", "high": "red", "critical": "magenta"}


class Command(BaseCommand):
    help = "Print the newest events, oldest of them first; with -f go on with those that are stored from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-f", "--follow", action="store_true", help="Go on until Ctrl-C.")
        parser.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="How many to begin with (20).")
        parser.add_argument("--json", action="store_true", help="Print a JSON object a line.")
        add_query(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        events = events_of(options)
        found = self.newest(events, options["lines"], follow=options["follow"])
        coloured = self.is_coloured(options)
        with suppress(KeyboardInterrupt, BrokenPipeError):
            for event in found:
                self.stdout.write(
                    ndjson.line(row_of(event)).decode().rstrip("\n") if options["json"] else line(event, coloured)
                )
                self.stdout.flush()

    def is_coloured(self, options: dict[str, Any]) -> bool:
        """As https://no-color.org has it."""
        is_wanted = self.stdout.isatty() and not os.environ.get("NO_COLOR") and not options["no_color"]
        return bool(options["force_color"] or is_wanted)

    def newest(self, events: EventQuerySet, number: int, *, follow: bool) -> Iterator[Event]:
        place = newest_place(events.db) if follow else None
        shown = list(events.newest_first()[: max(number, 0)])
        yield from reversed(shown)
        known = {event.id for event in shown}  # some are not yet in the store order
        while place is not None:
            with suppress(Error):  # a database that is away comes back
                stretch = read_on(events, place, limit=AT_ONCE)
                yield from (event for _place, event in stretch.events if event.id not in known)
                if stretch.end > place:
                    place = stretch.end
                    continue
            connection.close_if_unusable_or_obsolete()
            time.sleep(POLL)


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
