"""Wiring only: what is connected when Django is ready."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventLogConfig(AppConfig):
    name = "eventlog"
    verbose_name = _("Event log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from eventlog import checks
        from eventlog.capture import changes, logins, processes, queries

        checks.register()
        logins.connect()
        changes.connect()
        queries.connect()
        processes.connect()
