"""The event log as its tests have it."""

from eventlog.tests.conftest import event_log

__all__ = ["event_log"]
