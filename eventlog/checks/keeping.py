"""System checks of what keeps events, and keeps them secret and provable: journal, archive, keys."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning

from eventlog.conf import conf
from eventlog.integrity import keys
from eventlog.privacy import keyring


def journal_is_writable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    folder = conf.SPOOL_DIR
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    hint = "Events are in memory alone. Set EVENTLOG_SPOOL_DIR to a folder on a local disk that this user may write."
    return [Warning(f"The journal's folder {conf.SPOOL_DIR} cannot be written.", hint=hint, id="eventlog.W002")]


def archive_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.retention.shelf import Unusable, shelf

    if not conf.ARCHIVE_DIR:
        return []
    try:
        shelf()
    except Unusable as problem:
        hint = "Nothing is archived until then, and so nothing is removed."
        return [Error(f"{problem}.", hint=hint, id="eventlog.E015")]
    days = conf.ARCHIVE_RETENTION_DAYS
    if days is not None and days <= conf.ARCHIVE_AFTER_DAYS:
        hint = "Give ARCHIVE_RETENTION_DAYS more days than ARCHIVE_AFTER_DAYS, or leave it out to keep the files."
        return [Error("The archive's files are removed as soon as they are made.", hint=hint, id="eventlog.E016")]
    return []


def encryption_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    made = "Make a key with: openssl rand -base64 32."
    waits = f"Sensitive events, and what comes behind them, wait in the journal until then. {made}"
    unread = f"What it has encrypted cannot be read until then; new events are encrypted with the first. {made}"
    hint = unread if keyring.at_hand() else waits
    return [Error(f"{fault}.", hint=hint, id="eventlog.E017") for fault in keyring.faults()]


def sensitive_events_are_encrypted(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of `check --deploy`."""
    if keyring.is_on():
        return []
    hint = "Set EVENTLOG_ENCRYPTION_KEYS to 32 random bytes in base64, and keep a copy."
    return [Warning("Sensitive events are stored in plain text.", hint=hint, id="eventlog.W018")]


def checkpoints_are_signed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of `check --deploy`: without a key the proof holds only against who does not know how it is made."""
    if not keys.is_signing():
        hint = "Set EVENTLOG_SIGNING_KEY to 32 random bytes in base64: openssl rand -base64 32."
        return [Warning("No checkpoints of the log are signed.", hint=hint, id="eventlog.W014")]
    if conf.CHECKPOINT_DIR is None and not conf.CHECKPOINT_ANCHORS:
        hint = "Set EVENTLOG_CHECKPOINT_DIR to a folder that the database's administrator cannot write, or anchors."
        return [Warning("Checkpoints are kept in the database alone.", hint=hint, id="eventlog.W015")]
    return []
