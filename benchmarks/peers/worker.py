"""One variant at work, as `benchmarks.changes` starts it: a line in asks for a turn, a line out gives its figures."""

import json
import sys
from collections.abc import Callable

from django.apps import apps

from benchmarks.measure import Idle, Side, backend_pids, say, throwaway_database, turn
from benchmarks.peers.operations import OPERATIONS


def figures(name: str, calls: int, wait: Callable[[], None]) -> dict[str, float]:
    """Of one turn, in seconds a call: the median; the CPU time of the calls; that of everything, with what process and
    backends do later for these calls."""
    call = OPERATIONS[name](calls)
    wait()  # getting ready may have been recorded, too
    taken = turn(Side(lambda: None, call, wait), calls, backend_pids())
    return {"wall": taken.median, "cpu": taken.calls_cpu / calls, "whole": (taken.cpu + taken.backend_cpu) / calls}


def main() -> None:
    with throwaway_database():
        wait = Idle().wait if apps.is_installed("eventlog") else lambda: None
        say("ready")
        for line in sys.stdin:
            name, calls = json.loads(line)
            say(json.dumps(figures(name, calls, wait)))


if __name__ == "__main__":
    main()
