"""Which database a process's events are for. Segments carry it in their names, as one folder may serve several: a test
run that finds what a killed process of the site has left must not store it in its own database.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Self

from django.db import connections

from eventlog.pipeline.outbox import events_alias

reached = itemgetter("ENGINE", "HOST", "PORT", "NAME")
IN_OPTIONS = ("service", "host", "port")  # of libpq; a URL may give a socket's folder as `?host=/run/postgresql`
CONFIGURED = {alias: reached(connections.settings[alias]) for alias in connections}  # test runners rename them later
UNNAMED = ""  # the database of segments of earlier versions, whose names do not tell it: the configured one


@dataclass(frozen=True, slots=True)
class Database:
    """The events' database, as it was reached when this was made."""

    settings: Mapping[str, Any]  # Django's own, all threads': test runners change the name in it and change it back
    place: tuple[Any, ...]
    is_configured: bool  # else it has another name than when Django started: a test's, soon to be dropped

    @classmethod
    def now(cls) -> Self:
        alias = events_alias()
        settings = connections[alias].settings_dict
        return cls(settings, reached(settings), reached(settings) == CONFIGURED[alias])

    @property
    def has_moved(self) -> bool:
        return bool(reached(self.settings) != self.place)

    @property
    def identity(self) -> str:
        """8 hexadecimal digits from how it is reached; no password is in them."""
        options = self.settings.get("OPTIONS") or {}
        way = [*self.place, *(options.get(name, "") for name in IN_OPTIONS)]
        return hashlib.sha256("\n".join(map(str, way)).encode()).hexdigest()[:8]

    @property
    def identities(self) -> frozenset[str]:
        """Those whose segments are to be stored in it."""
        return frozenset([self.identity, UNNAMED] if self.is_configured else [self.identity])
