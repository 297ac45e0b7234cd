"""`manage.py eventlog_forward`: send stored events to the sinks of FORWARD_TO."""

import time
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from eventlog.conf import conf
from eventlog.forwarding import forwarder
from eventlog.management.facts import Facts, FactsCommand

PAUSE = 5.0  # seconds between looks
ALL = 10 * 365 * 24 * 3600.0  # seconds; with --once all that waits is sent, however long it takes


class Command(FactsCommand):
    help = "Send stored events to the sinks of FORWARD_TO: again and again, until it is interrupted, or once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--once", action="store_true", help="Send what waits now, and end.")
        parser.add_argument("--sink", metavar="NAME", help="This one alone.")
        parser.add_argument("--status", action="store_true", help="Send nothing; tell how far each sink is.")
        parser.add_argument("--resume", action="store_true", help="Try at once, also a sink that wanted no more.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        name = options["sink"]
        if name is not None and name not in conf.FORWARD_TO:
            raise CommandError(f"FORWARD_TO has no sink {name}.")
        names = [name] if name else list(conf.FORWARD_TO)
        for each in names if options["resume"] else ():
            forwarder.resume(each)
        if options["once"]:
            return self.summed(forwarder.forward(names, seconds=ALL), names)
        if not options["status"]:
            self.go_on(names)
        return self.summed([], names)

    def go_on(self, names: list[str]) -> None:
        try:
            while True:
                forwarder.forward(names)
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            return

    def summed(self, runs: list[forwarder.Run], names: list[str]) -> Facts:
        now = {run.sink: run.sent for run in runs}
        sinks = [each for each in forwarder.facts() if each["sink"] in names]
        return {"failed": [run.sink for run in runs if run.failed], "sinks": sinks, "sent_now": now}

    def is_good(self, facts: Facts) -> bool:
        return not facts["failed"]

    def in_words(self, facts: Facts) -> str:
        return "\n".join(map(in_words, facts["sinks"])) or "No sink has been sent anything yet."


def in_words(sink: Mapping[str, Any]) -> str:
    words = f"{sink['sink']}: {sink['sent']:,} sent, {sink['waiting']:,} stored since"
    if sink["stopped_at"]:
        return f"{words}; stopped, since {sink['last_error']}"
    if sink["failing_since"]:
        return f"{words}; failing since {sink['failing_since']} ({sink['failures']} times): {sink['last_error']}"
    return words if sink["configured"] else f"{words}; no longer in FORWARD_TO"
