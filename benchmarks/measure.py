"""Turns, medians and tables; the database to measure in; the event log switched on and off."""

import gc
import os
import statistics
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import signals as auth_signals
from django.core import signals as core_signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections, models
from django.db.backends import signals as backend_signals
from django.db.models import signals as model_signals
from django.dispatch import Signal

SIGNALS = [
    value
    for module in (model_signals, auth_signals, core_signals, backend_signals)
    for value in vars(module).values()
    if isinstance(value, Signal)
]


# --- what is printed ---
def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `kept` says whether the budget is."""

    cells: tuple[str, ...]
    budget: str = ""
    kept: bool | None = None

    def texts(self) -> tuple[str, ...]:
        verdict = "" if self.kept is None else "kept" if self.kept else "OVER"
        return (*self.cells, self.budget, verdict)


def table(title: str, heads: Sequence[str], rows: Iterable[Row]) -> None:
    lines = [(*heads, "budget", ""), *(row.texts() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    say(f"\n{title}")
    for line in lines:
        first, *others = zip(line, widths, strict=True)
        say("  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]).rstrip())


# --- what is measured ---
def answer(handler: WSGIHandler, environ: dict[str, Any], expected: int) -> None:
    """One request as a WSGI server makes it. A wrong status ends the run: its time would mean nothing."""
    seen: list[str] = []
    response = handler(environ, lambda status, headers, exc_info=None: seen.append(status))  # type: ignore[arg-type]
    for _ in response:
        pass
    response.close()
    if not seen[0].startswith(str(expected)):
        raise SystemExit(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} gave {seen[0]}, not {expected}")


@dataclass(slots=True)
class Turn:
    """One turn of one side. `seconds` are its single calls, `calls_cpu` what they take of their thread's CPU time
    and of the backends'; the others are of the whole turn, the writer's work for it included. All in seconds."""

    seconds: list[float] = field(default_factory=list)
    calls_cpu: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    backend_cpu: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared: `call` is timed, one by one; `finish` belongs to the turn as a whole."""

    enter: Callable[[], None]
    call: Callable[[], object]
    finish: Callable[[], None]


def turn(side: Side, calls: int, backends: Sequence[int] = ()) -> Turn:
    side.enter()
    gc.collect()
    result, clock = Turn(), time.perf_counter
    backend, cpu, thread, began = backend_seconds(backends), time.process_time(), time.thread_time(), clock()
    for _ in range(calls):
        started = clock()
        side.call()
        result.seconds.append(clock() - started)
    result.calls_cpu = time.thread_time() - thread + backend_seconds(backends) - backend
    side.finish()
    result.wall, result.cpu = clock() - began, time.process_time() - cpu
    result.backend_cpu = backend_seconds(backends) - backend
    return result


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pairs of turns, (without, with); every figure is the median over the pairs, since a busy machine is busy for
    both turns of a pair."""

    pairs: list[tuple[Turn, Turn]]

    def ratio(self, figure: Callable[[Turn], float]) -> float:
        return statistics.median(figure(with_it) / figure(bare) for bare, with_it in self.pairs)

    def added(self, figure: Callable[[Turn], float]) -> float:
        return statistics.median(figure(with_it) - figure(bare) for bare, with_it in self.pairs)

    def of(self, side: int, figure: Callable[[Turn], float]) -> float:
        return statistics.median(figure(pair[side]) for pair in self.pairs)


def in_turns(bare: Side, with_it: Side, *, rounds: int, calls: int = 100) -> Comparison:
    """`rounds` pairs of turns, each side first as often as the other, after two turns each to warm up."""
    for side in (bare, with_it, bare, with_it):
        turn(side, calls)
    backends, pairs = backend_pids(), []
    for number in range(rounds):
        if number % 2:
            second = turn(with_it, calls, backends)
            pairs.append((turn(bare, calls, backends), second))
        else:
            first = turn(bare, calls, backends)
            pairs.append((first, turn(with_it, calls, backends)))
    return Comparison(pairs)


def backend_pids() -> list[int]:
    """The server processes of this database's clients, where they run on this machine; else none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        pids = [pid for (pid,) in cursor]
    return [pid for pid in pids if b"postgres" in _of_process(pid, "cmdline")]


def backend_seconds(pids: Sequence[int]) -> float:
    """On-CPU time of these processes so far (the scheduler's nanoseconds)."""
    return sum(int(_of_process(pid, "schedstat").split()[0]) for pid in pids) / 1e9


def _of_process(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b"0"


# --- where it is measured ---
@contextmanager
def throwaway_database() -> Iterator[str]:
    """A database beside the configured one, migrated and empty; its name. Dropped at the end, whatever happens."""
    configured = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"benchmarks_{os.getpid()}"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    os.environ["BENCHMARKS_DATABASE"] = name
    try:
        yield name
    finally:
        stop_writer()
        del os.environ["BENCHMARKS_DATABASE"]
        connections.close_all()
        connection.creation.destroy_test_db(configured, verbosity=0)


def stop_writer() -> None:
    if apps.is_installed("eventlog"):  # the peers are measured without it
        from eventlog.pipeline import writer

        writer.stop()


def is_ours(entry: Sequence[Any]) -> bool:
    """Whether a receiver (Django keeps it second, often by weak reference) is one of the event log's."""
    receiver = entry[1]() if isinstance(entry[1], weakref.ReferenceType) else entry[1]
    return str(getattr(receiver, "__module__", "")).startswith("eventlog.")


class Switch:
    """Takes the event log out of this process and puts it back: receivers, the wrapped `save_base`, query meters.

    The middleware is no matter of a switch: build one handler with it and one without.
    """

    def __init__(self) -> None:
        self.receivers = [list(signal.receivers) for signal in SIGNALS]
        self.others = [[entry for entry in entries if not is_ours(entry)] for entries in self.receivers]
        self.save_base = models.Model.save_base
        connection.ensure_connection()
        self.wrappers = list(connection.execute_wrappers)

    def on(self) -> None:
        self._set(self.receivers, self.save_base, self.wrappers)

    def off(self) -> None:
        plain = getattr(self.save_base, "__wrapped__", self.save_base)
        self._set(self.others, plain, [wrapper for wrapper in self.wrappers if not is_ours((None, wrapper))])

    def _set(self, receivers: list[list[Any]], save_base: Any, wrappers: list[Any]) -> None:
        for signal, entries in zip(SIGNALS, receivers, strict=True):
            signal.receivers = entries
            signal.sender_receivers_cache.clear()
        models.Model.save_base = save_base  # type: ignore[method-assign]
        connection.execute_wrappers[:] = wrappers


class Idle:
    """Waits until this process's writer has stored all it was given, so that its work counts to the right side."""

    def __init__(self) -> None:
        from eventlog.pipeline import writer

        self.changed = Condition()
        self.turns = 0
        self.writer = writer.current()
        self.plain_turn = self.writer.turn
        self.writer.turn = self._counted  # type: ignore[method-assign]
        self.writer.start()

    def _counted(self, *, urgent: bool) -> None:
        self.plain_turn(urgent=urgent)
        with self.changed:
            self.turns += 1
            self.changed.notify_all()

    def wait(self) -> None:
        """Two turns: one may have begun before the last event came."""
        for _ in range(2):
            self._wait_for_one()

    def _wait_for_one(self) -> None:
        with self.changed:
            done = self.turns
            self.writer.wake.set()
            self.changed.wait_for(lambda: self.turns > done, timeout=30)


def memory_mb(name: str = "VmRSS") -> float:
    """`VmRSS` (now) or `VmHWM` (the most there ever was) of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0
