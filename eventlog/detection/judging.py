"""All rules' word on some stored events: which of them want to know, what lies around those, what that shows."""

import logging
from collections.abc import Iterator, Sequence
from functools import lru_cache
from time import monotonic
from typing import Final

from django.db import Error

from eventlog import catalog
from eventlog.conf import conf
from eventlog.detection.findings import Finding
from eventlog.detection.history import History
from eventlog.detection.observations import Observation
from eventlog.detection.rules import RULES
from eventlog.detection.rules.base import Rule
from eventlog.logger import log_event

logger = logging.getLogger("eventlog")
TELL_EVERY: Final = 3600.0  # seconds
told_at: dict[str, float] = {}  # monotonic, by the rule's name


@lru_cache(maxsize=2048)
def listeners(event_type: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.listens_to(event_type))


def judge(events: Sequence[Observation], using: str) -> list[Finding]:
    """The same findings for the same stored events, however often and by whomever they are looked at.

    Raises `django.db.Error`. A rule that fails otherwise is logged, and the others go on.
    """
    wanted: dict[Rule, list[Observation]] = {}
    for event in events:
        for rule in listeners(event.event_type):
            if rule.is_enabled and rule.wants(event):
                wanted.setdefault(rule, []).append(event)
    if not wanted:
        return []
    touched = {event.id: event for seen in wanted.values() for event in seen}
    history = History(list(touched.values()), using)
    return [finding for rule, seen in wanted.items() for finding in found_by(rule, seen, history)]


def found_by(rule: Rule, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
    try:
        yield from list(rule.findings(seen, history))
    except Error:
        raise
    except (
        Exception
    ) as error:  # the one catch-all here: the values are anybody's, and one rule must not silence the others
        if conf.RAISE_ERRORS:
            raise
        logger.exception("The rule %s failed.", rule.name)
        tell(rule, error)


def tell(rule: Rule, error: Exception) -> None:
    """Once an hour in each process: the same event would fail it at each look, and this is an event as well."""
    last = told_at.get(rule.name)
    if last is not None and monotonic() - last < TELL_EVERY:
        return
    told_at[rule.name] = monotonic()
    what = f"{type(error).__name__}: {error}"
    log_event(catalog.RULE_FAILED, event_name=f"The rule {rule.name} failed", error_message=what)
