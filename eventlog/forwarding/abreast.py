"""Works that wait for the machines of others, side by side, so that none waits for a slow one's."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def side_by_side(works: Sequence[Callable[[], Result]], *, name: str) -> list[Result]:
    """What each returns. Raises what one has raised, when all are done."""
    if not works:
        return []
    with ThreadPoolExecutor(len(works), thread_name_prefix=name) as pool:
        runs = [pool.submit(alone, work) for work in works]
    return [run.result() for run in runs]


def alone(work: Callable[[], Result]) -> Result:
    """In a thread, whose connection nobody else would close."""
    try:
        return work()
    finally:
        connections.close_all()
