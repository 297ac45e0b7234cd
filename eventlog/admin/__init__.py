"""The console: the event log in Django's admin. It reads and changes nothing."""

from eventlog.admin.events import EventAdmin

__all__ = ["EventAdmin"]
