"""What a recorded change costs: bare Django, the event log with signals and with triggers, and its peers, side by side.

    python -m benchmarks.changes [--rounds 16] [--only save]

Every variant has a process and a database of its own, with the same model, table and server; they take turns, round by
round. A ratio is the median over the rounds of a variant's median call to bare Django's in the same round. "CPU" is
that of the calling thread and its PostgreSQL backend; with "and later", all that the turn has cost the process and its
backends, the writer's work for its events included.
The peers are installed into an environment of their own, in `var/benchmarks/peers`, when they are first needed.
"""

import argparse
import json
import os
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from benchmarks import FOLDER
from benchmarks.measure import Row, say, table
from benchmarks.peers import environment
from benchmarks.peers.variants import BARE, IN_PYTHON, PGHISTORY, SIGNALS, TRIGGERS, VARIANTS

Figures = dict[str, float]  # of one turn: seconds a call, by `wall`, `cpu` and `whole`
Round = dict[str, Figures]  # by variant
Ratios = Mapping[str, float]  # to bare, by variant
NOISE = 1.05
LIKE_PGHISTORY = 1.03


def limits_of_save(ratios: Ratios) -> dict[str, float]:
    """Also below each of the peers that work as it does."""
    return {SIGNALS: min(2.3, *(ratios[name] for name in IN_PYTHON)), TRIGGERS: ratios[PGHISTORY] * LIKE_PGHISTORY}


def at_most(signals: float, triggers: float) -> Callable[[Ratios], dict[str, float]]:
    return lambda ratios: {SIGNALS: signals, TRIGGERS: triggers}


@dataclass(frozen=True, slots=True)
class Operation:
    """`name` is that in `peers/operations.py`, `calls` how many of them are a turn. Slow ones have fewer rounds."""

    name: str
    title: str
    calls: int
    slow: bool = False
    limits: Callable[[Ratios], dict[str, float]] = lambda ratios: {}


OPERATIONS = (
    Operation("save", "save(), 2 fields changed", 60, limits=limits_of_save),
    Operation("create", "create: save() of a new one", 40),
    Operation("delete", "delete()", 40),
    Operation("POST", "POST, request and change", 30, limits=at_most(1.40, 1.25)),
    Operation("update", "update() of 1,000 rows", 2, slow=True),
    Operation("list", "list of 1,000", 10, limits=at_most(NOISE, NOISE)),
    Operation("bulk_create", "bulk_create() of 10,000", 1, slow=True, limits=at_most(1.10, 1.36)),
)


# --- the processes ---
class Worker:
    """The process of one variant."""

    def __init__(self, variant: str, python: Path) -> None:
        own = {"BENCHMARKS_VARIANT": variant, "BENCHMARKS_DIR": str(FOLDER / variant)}
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.peers.worker"],
            env={**os.environ, **own, "DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings"},
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.variant = variant

    def told(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The process of {self.variant} has ended.")
        return line

    def turn(self, operation: Operation) -> Figures:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([operation.name, operation.calls]) + "\n")
        self.process.stdin.flush()
        figures: Figures = json.loads(self.told())
        return figures

    def end(self) -> None:
        """At the end of its orders it drops its database."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


@contextmanager
def workers() -> Iterator[list[Worker]]:
    python = environment.python()
    with ExitStack() as stack:
        started = [Worker(variant, python) for variant in VARIANTS]
        for worker in started:
            stack.callback(worker.end)
        for worker in started:
            worker.told()  # that it is ready
        yield started


# --- the rounds ---
def measured(operation: Operation, all_of: list[Worker], rounds: int) -> list[Round]:
    """Each round begins with another variant; the first one warms up."""
    found = []
    for number in range(rounds + 1):
        first = number % len(all_of)
        found.append({each.variant: each.turn(operation) for each in (*all_of[first:], *all_of[:first])})
    return found[1:]


def ratio(rounds: list[Round], variant: str, figure: str) -> float:
    return statistics.median(each[variant][figure] / each[BARE][figure] for each in rounds)


def rows(operation: Operation, rounds: list[Round]) -> Iterator[Row]:
    for figure, title in (("wall", operation.title), ("cpu", "    CPU"), ("whole", "    CPU, and later")):
        ratios = {variant: ratio(rounds, variant, figure) for variant in VARIANTS}
        bare = statistics.median(each[BARE][figure] for each in rounds)
        limits = operation.limits(ratios) if figure == "wall" else {}
        yield Row(
            (title, duration(bare), *(f"x{each:.2f}" for name, each in ratios.items() if name != BARE)),
            ", ".join(f"{name} x{limit:.2f}" for name, limit in limits.items()),
            all(ratios[name] <= limit for name, limit in limits.items()) if limits else None,
        )


def duration(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 0.01 else f"{seconds * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=16, help="of the slow operations a third of these")
    parser.add_argument("--only", default="", help="part of a name: " + ", ".join(each.name for each in OPERATIONS))
    options = parser.parse_args()
    found: list[Row] = []
    with workers() as all_of:
        for operation in OPERATIONS:
            if options.only in operation.name:
                say(f"… {operation.title}")
                number = max(3, options.rounds // 3) if operation.slow else options.rounds
                found += rows(operation, measured(operation, all_of, number))
    table(f"{options.rounds} rounds", ("", *VARIANTS), found)
    say()


if __name__ == "__main__":
    main()
