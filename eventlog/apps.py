"""Wiring only: what is connected when Django is ready."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventLogConfig(AppConfig):
    name = "eventlog"
    verbose_name = _("Event log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from eventlog import checks
        from eventlog.alerts import background, opening
        from eventlog.blocking import answering
        from eventlog.capture import (
            carrying,
            changes,
            commands,
            deletions,
            jobs,
            logins,
            logs,
            processes,
            queries,
            signals,
            uploads,
        )
        from eventlog.conf import conf
        from eventlog.detection import findings, watching

        checks.register()
        if conf.TRIGGER_MODELS:
            from eventlog.capture import triggers  # needs django-pgtrigger, which is for those who use it

            triggers.register()
        logins.connect()
        changes.connect()
        queries.connect()
        carrying.connect()
        processes.connect()
        jobs.connect()
        commands.connect()
        uploads.wrap()
        deletions.connect()
        signals.connect()
        logs.connect()
        background.connect()
        watching.connect()
        findings.give_to(opening.receive)
        findings.give_to(answering.answer)
