"""The tables; one file a concept. Managers hold the questions that screens ask."""

from eventlog.models.batch import DeadLetter, EventBatch, OutboxEvent
from eventlog.models.event import Event, EventQuerySet

__all__ = ["DeadLetter", "Event", "EventBatch", "EventQuerySet", "OutboxEvent"]
