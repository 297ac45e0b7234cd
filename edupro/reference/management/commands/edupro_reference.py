"""`manage.py edupro_reference`: the pages of `docs/` that are made from the code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from edupro.reference.events import events
from edupro.reference.operations import operations

PAGES = {"events": events, "operations": operations}


class Command(BaseCommand):
    help = "Print a page of the documentation that is made from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("page", choices=list(PAGES), help="docs/EVENT_TABLE_EDUPRO_2025.md, or docs/reference.md.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(PAGES[options["page"]](), ending="")
