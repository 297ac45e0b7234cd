"""The ways of recording changes that are compared, each as its own documentation sets it up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BARE = "bare"
SIGNALS = "signals"
TRIGGERS = "triggers"
PGHISTORY = "pghistory"
# Those that, as our signals do, record changes from Python.
IN_PYTHON = ("simple-history", "auditlog", "easy-audit")
PACKAGES = (
    "django-auditlog==3.4.1",
    "django-easy-audit==1.3.9",
    "django-pghistory==3.9.2",
    "django-simple-history==3.13.0",
)
AUDITED = {"peers.Siswa": {"name": "siswa"}}


@dataclass(frozen=True, slots=True)
class Variant:
    """What one way adds to the project's settings."""

    apps: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


VARIANTS = {
    BARE: Variant(),
    SIGNALS: Variant(
        ("eventlog",),
        ("eventlog.capture.middleware.EventLoggingMiddleware",),
        {"EVENTLOG": {"AUDITED_MODELS": AUDITED, "TRIGGER_MODELS": ()}},
    ),
    TRIGGERS: Variant(
        ("eventlog", "pgtrigger"),
        ("eventlog.capture.middleware.EventLoggingMiddleware",),
        {"EVENTLOG": {"AUDITED_MODELS": AUDITED, "TRIGGER_MODELS": ("peers.Siswa",)}},
    ),
    PGHISTORY: Variant(("pghistory", "pgtrigger"), ("pghistory.middleware.HistoryMiddleware",)),
    "simple-history": Variant(("simple_history",), ("simple_history.middleware.HistoryRequestMiddleware",)),
    "auditlog": Variant(
        ("auditlog",),
        ("auditlog.middleware.AuditlogMiddleware",),
        {"AUDITLOG_INCLUDE_TRACKING_MODELS": ("peers.Siswa",)},
    ),
    "easy-audit": Variant(("easyaudit",), ("easyaudit.middleware.easyaudit.EasyAuditMiddleware",)),
}
