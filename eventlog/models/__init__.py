"""The tables; one file a concept. Managers hold the questions that screens ask."""

from eventlog.models.alert import Alert, AlertQuerySet
from eventlog.models.anchor import EventAnchor
from eventlog.models.archive import Archive, ArchiveQuerySet
from eventlog.models.batch import DeadLetter, DeadLetterQuerySet, EventBatch, OutboxEvent, Status
from eventlog.models.block import Block
from eventlog.models.dashboard import Dashboard
from eventlog.models.epoch import Epoch
from eventlog.models.event import Event, EventQuerySet
from eventlog.models.finding import EventFinding
from eventlog.models.forward import EventForward
from eventlog.models.hold import Hold
from eventlog.models.mute import EventMute
from eventlog.models.notification import EventNotification
from eventlog.models.proof import Checkpoint, LogEntry, Removal
from eventlog.models.rollup import DurationRollup, EndpointRollup, Rollup, UserDay
from eventlog.models.saved_view import SavedView
from eventlog.models.subject import SubjectRequest, SubjectRequestQuerySet
from eventlog.models.subject_key import SubjectKey, SubjectKeyQuerySet
from eventlog.models.sweep import EventSweep

__all__ = [
    "Alert",
    "AlertQuerySet",
    "Archive",
    "ArchiveQuerySet",
    "Block",
    "Checkpoint",
    "Dashboard",
    "DeadLetter",
    "DeadLetterQuerySet",
    "DurationRollup",
    "EndpointRollup",
    "Epoch",
    "Event",
    "EventAnchor",
    "EventBatch",
    "EventFinding",
    "EventForward",
    "EventMute",
    "EventNotification",
    "EventQuerySet",
    "EventSweep",
    "Hold",
    "LogEntry",
    "OutboxEvent",
    "Removal",
    "Rollup",
    "SavedView",
    "Status",
    "SubjectRequest",
    "SubjectRequestQuerySet",
    "SubjectKey",
    "SubjectKeyQuerySet",
    "UserDay",
]
