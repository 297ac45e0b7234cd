"""The console: the event log in Django's admin. It reads events and changes none."""

from eventlog.admin.alerts import AlertAdmin
from eventlog.admin.blocks import BlockAdmin
from eventlog.admin.dashboard import DashboardAdmin
from eventlog.admin.dead_letters import DeadLetterAdmin
from eventlog.admin.events import EventAdmin
from eventlog.admin.holds import HoldAdmin
from eventlog.admin.mutes import MuteAdmin
from eventlog.admin.status import StatusAdmin
from eventlog.admin.subject_requests import SubjectRequestAdmin

__all__ = [
    "AlertAdmin",
    "BlockAdmin",
    "DashboardAdmin",
    "DeadLetterAdmin",
    "EventAdmin",
    "HoldAdmin",
    "MuteAdmin",
    "StatusAdmin",
    "SubjectRequestAdmin",
]
