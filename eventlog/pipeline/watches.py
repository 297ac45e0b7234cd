"""Who wants to see what was stored, after its commit. The pipeline knows them by what they can do only."""

from collections.abc import Sequence
from typing import Protocol


class Watch(Protocol):
    """Both must return soon and raise nothing: the writer's thread calls them."""

    def __call__(self, records: Sequence[bytes]) -> None:
        """Take the JSON of events that are stored and committed now, or were before."""

    def end(self, seconds: float) -> None:
        """The process ends, or stores nothing more: finish what was taken, in so many seconds at most."""


_watches: list[Watch] = []


def watch(new: Watch) -> None:
    if new not in _watches:
        _watches.append(new)


def show(records: Sequence[bytes]) -> None:
    for each in _watches if records else ():
        each(records)


def end(seconds: float) -> None:
    for each in _watches:
        each.end(seconds)
