"""`manage.py demo`: a school at work, to look at."""

import signal
from argparse import ArgumentTypeError
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from edupro.demo import stage

DEFAULT_RATE = 5.0
MAX_SPEED = 3600.0
MAX_RATE = 200.0  # requests a second; six threads do not get further


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= MAX_RATE:
        raise ArgumentTypeError(f"requests a second, more than 0 and at most {MAX_RATE:g}")
    return number


def speed(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 1 <= number <= MAX_SPEED:
        raise ArgumentTypeError(f"how many times quicker than a real day, from 1 to {MAX_SPEED:g}")
    return number


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ArgumentTypeError("a number from 1 to 65535")
    return int(text)


class Command(BaseCommand):
    help = "Fill the database, start server, worker and live traffic, until Ctrl-C. A second run keeps the data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port, default=8000, help="port to serve on (8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
        parser.add_argument("--rate", type=rate, default=DEFAULT_RATE, help="requests a second, about (5)")
        quicker = f"how many times quicker than a real day the school's goes by ({stage.DEFAULT_SPEED:g})"
        parser.add_argument("--speed", type=speed, default=stage.DEFAULT_SPEED, help=quicker)
        parser.add_argument("--no-traffic", action="store_true", help="server and worker only")
        parser.add_argument("--reset", action="store_true", help="start over: drop all tables first")
        parser.add_argument("--yes", action="store_true", help="with --reset: also in the database of DATABASE_URL")

    def handle(self, *args: Any, **given: Any) -> None:
        options = stage.Options(
            host=given["host"],
            port=given["port"],
            rate=0 if given["no_traffic"] else given["rate"],
            speed=given["speed"],
            reset=given["reset"],
            yes=given["yes"],
        )
        for kind in stage.SIGNALS:
            signal.signal(kind, signal.default_int_handler)  # raises KeyboardInterrupt
        try:
            stage.check(options)
            with stage.alone():
                stage.run(options, self.say)
        except KeyboardInterrupt:
            self.say("Stopped.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()  # also into a pipe
