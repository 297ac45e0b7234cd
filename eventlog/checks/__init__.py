"""System checks: what would make the event log lose, miss or reveal something, said at start-up."""

from typing import Final

from django.core.checks import Tags
from django.core.checks import register as register_check

from eventlog.checks import capture, database, keeping, receivers, settings
from eventlog.explained import Check, explained

SETTINGS: Final = "eventlog_settings"  # the tag of what each of the commands looks at first
ALWAYS: Final[dict[Check, str]] = {
    settings.settings_are_right: Tags.compatibility,
    settings.signals_are_there: Tags.compatibility,
    settings.reset_views_are_there: Tags.urls,
    settings.rules_are_there: Tags.compatibility,
    settings.places_are_known: Tags.files,
    capture.middleware_is_first: Tags.compatibility,
    capture.bulk_writes_are_seen: Tags.compatibility,
    capture.triggers_can_be_kept: Tags.compatibility,
    capture.triggers_are_there: Tags.database,
    capture.blocks_are_asked_for: Tags.security,
    database.database_is_postgresql: Tags.compatibility,
    database.events_are_guarded: Tags.database,
    database.store_order_is_whole: Tags.database,
    keeping.journal_is_writable: Tags.files,
    keeping.archive_can_be_used: Tags.files,
    keeping.encryption_can_be_used: Tags.security,
    receivers.sinks_can_be_used: Tags.compatibility,
    receivers.alerts_can_be_told: Tags.compatibility,
    receivers.anchors_can_be_used: Tags.compatibility,
}
ON_DEPLOYMENT: Final[dict[Check, str]] = {
    database.connections_are_kept: Tags.compatibility,
    keeping.checkpoints_are_signed: Tags.security,
    keeping.sensitive_events_are_encrypted: Tags.security,
}


def register() -> None:
    for check, tag in ALWAYS.items():
        register_check(explained(check), tag, *([SETTINGS] if check is settings.settings_are_right else []))
    for check, tag in ON_DEPLOYMENT.items():
        register_check(explained(check), tag, deploy=True)
