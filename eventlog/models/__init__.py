"""The tables; one file a concept. Managers hold the questions that screens ask."""

from eventlog.models.batch import DeadLetter, EventBatch, OutboxEvent
from eventlog.models.event import Event, EventQuerySet
from eventlog.models.forward import EventForward
from eventlog.models.rollup import DurationRollup, EndpointRollup, Rollup, UserDay

__all__ = [
    "DeadLetter",
    "DurationRollup",
    "EndpointRollup",
    "Event",
    "EventBatch",
    "EventForward",
    "EventQuerySet",
    "OutboxEvent",
    "Rollup",
    "UserDay",
]
