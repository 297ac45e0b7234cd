"""Management commands: each that is run from the command line is one event, with who ran it, how, and how it ended.

What a command does is done by the operating system's user, in one timeline. A command that code calls
(`call_command`) is part of what that code does: it changes nothing and is not told.
"""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventlog import catalog
from eventlog.capture.costs import Cost
from eventlog.capture.faults import failure_columns
from eventlog.conf import conf
from eventlog.context import Context, Meter, current, entered, starter
from eventlog.logger import record_event
from eventlog.pipeline import writer

NOT_TOLD = frozenset({"runserver", "test"})  # development's servers, which end whenever a file is saved, and tests
# Their arguments, and what they say of them when they fail, are data: of a person, or code.
SECRET_ARGUMENTS = frozenset({"eventlog_subject", "shell", "dbshell"})
COMMON = frozenset(  # options of all commands: how it is shown, not what is done
    ["verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks", "stdout", "stderr"]
)
INTERRUPTED = 130  # as shells have it
PATIENCE = 0.5  # seconds that a command which needed no database waits for it at its end


def connect() -> None:
    if not hasattr(BaseCommand.execute, "__wrapped__"):
        BaseCommand.execute = around(BaseCommand.execute)  # type: ignore[method-assign]


def around(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def execute(self: BaseCommand, *args: Any, **options: Any) -> Any:
        if not is_told(self):
            return plain(self, *args, **options)
        with Run(name_of(self), {"args": args, **options}):
            return plain(self, *args, **options)

    return execute


def is_told(command: BaseCommand) -> bool:
    """Whether it is run from the command line, and not by code that acts for somebody."""
    from_outside = getattr(command, "_called_from_command_line", False) and current().actor is None
    return from_outside and conf.ENABLED and name_of(command) not in NOT_TOLD


def name_of(command: BaseCommand) -> str:
    return type(command).__module__.rpartition(".")[2]


class Run:
    """One run of a command, from its begin to its end."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.name = name
        self.options = options
        self.cost = Cost(Meter())
        request_id = os.urandom(16).hex()
        context = Context(clean={"request_id": request_id}, actor=starter, request_id=request_id, meter=self.cost.meter)
        self.before = entered(context)

    def __enter__(self) -> None:
        self.before.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        cost = self.cost.columns()
        try:
            columns = {"timestamp": self.cost.timestamp, "event_name": f"manage.py {self.name}"}
            record_event(catalog.COMMAND, {**columns, **self.ending(error)}, clean=cost)
        finally:
            self.before.__exit__()
        if not cost["db_query_count"]:
            writer.stop(PATIENCE)

    def ending(self, error: BaseException | None) -> dict[str, Any]:
        status = exit_status(error)
        data = {"command": self.name, "exit_status": status, "sudo_user": os.environ.get("SUDO_USER")}
        if self.name not in SECRET_ARGUMENTS:
            given = {name: value for name, value in self.options.items() if name not in COMMON}
            data["arguments"] = {name: value for name, value in given.items() if value not in (None, (), [])}
        known = {name: value for name, value in data.items() if value not in (None, {})}
        failed = {"event_status": catalog.FAILED, "severity": catalog.MEDIUM} if status else {}
        return {"event_data": known, **failed, **self.failure(error)}

    def failure(self, error: BaseException | None) -> dict[str, Any]:
        if isinstance(error, SystemExit):
            columns = {"error_message": error.code} if isinstance(error.code, str) else {}
        else:
            columns = {} if error is None else failure_columns(error)
        kept = ("error_code", "error_fingerprint") if self.name in SECRET_ARGUMENTS else tuple(columns)
        return {name: columns[name] for name in kept if name in columns}


def exit_status(error: BaseException | None) -> int:
    """What the process ends with, as the command line makes it of what the command raised."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, CommandError):
        return error.returncode
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else int(error is not None)
