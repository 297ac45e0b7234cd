"""`manage.py eventlog_export`: events in a file, for another program or a spreadsheet."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error
from tqdm import tqdm

from eventlog.export.exporting import Export
from eventlog.export.formats import FORMATS
from eventlog.management.facts import ExplainedCommand
from eventlog.management.queries import add_query, events_of, text_of


class Command(ExplainedCommand):
    help = "Write events, newest first, to a file or the standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=list(FORMATS), default="csv", help="Default csv.")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Written beside it first, then renamed.")
        words = "Open encrypted values, as who may read them sees them; that is an event."
        parser.add_argument("--decrypt", action="store_true", help=words)
        add_query(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        how = {"sees_insides": True, "may_read": options["decrypt"]}
        export = Export(events_of(options), FORMATS[options["format"]], {"q": text_of(options)}, **how)
        size = 0
        try:
            with self.target(options["output"]) as write:
                for chunk in self.with_progress(export):
                    write(chunk)
                    size += len(chunk)
        except BaseException as problem:
            export.tell(size, type(problem).__name__)
            if isinstance(problem, Error | OSError):
                raise CommandError(f"{type(problem).__name__}: {str(problem).strip()}") from problem
            raise
        export.tell(size)
        self.stderr.write(f"{export.tally.events:,} events, {size:,} bytes.")

    @contextmanager
    def target(self, path: Path | None) -> Iterator[Any]:
        """What writes bytes there; a file is its owner's alone, and there only when it is whole."""
        if path is None:
            yield lambda chunk: self.stdout.write(chunk.decode(), ending="")
            return
        part = path.with_name(f"{path.name}.part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                yield file.write
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def with_progress(self, export: Export) -> Iterator[bytes]:
        with tqdm(unit=" events", disable=not self.stderr.isatty(), leave=False) as bar:
            for chunk in export.chunks():
                yield chunk
                bar.update(export.tally.events - bar.n)
