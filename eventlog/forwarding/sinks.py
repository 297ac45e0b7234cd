"""What is common to the kinds of sinks."""

from collections.abc import Sequence
from typing import Protocol

from eventlog.forwarding.parcels import Parcel


class Refused(Exception):
    """The sink has not taken the events, or not said so; the text says why, without secrets."""


class Gone(Refused):
    """And it never will."""


class Sink(Protocol):
    def send(self, parcels: Sequence[Parcel]) -> None:
        """Returns once the sink has them all. Raises Refused; some may have come through then."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read along."""
