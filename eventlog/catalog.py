"""Every category and type of event there is.

A type is a plain string, kept as such in the table; what is known about it (category, label, usual severity) is
here. Changes of records have types made from the entity's name: `crud_type("siswa", "CREATE")` is `SISWA_CREATE`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Union

from django.utils.translation import gettext_lazy, pgettext_lazy
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

StrOrPromise = Union[str, "_StrPromise"]

AUTH: Final = "AUTH"
CRUD: Final = "CRUD"
ML: Final = "ML"
SYSTEM: Final = "SYSTEM"
FILE: Final = "FILE"
SECURITY: Final = "SECURITY"
CATEGORIES = {
    AUTH: gettext_lazy("Sign-in and rights"),
    CRUD: gettext_lazy("Records"),
    ML: gettext_lazy("Predictions"),
    SYSTEM: gettext_lazy("System"),
    FILE: gettext_lazy("Files"),
    SECURITY: gettext_lazy("Security"),
}

DEBUG: Final = "debug"
INFO: Final = "info"
LOW: Final = "low"
MEDIUM: Final = "medium"
HIGH: Final = "high"
CRITICAL: Final = "critical"
SEVERITIES = {
    DEBUG: pgettext_lazy("severity", "Debug"),
    INFO: pgettext_lazy("severity", "Info"),
    LOW: pgettext_lazy("severity", "Low"),
    MEDIUM: pgettext_lazy("severity", "Medium"),
    HIGH: pgettext_lazy("severity", "High"),
    CRITICAL: pgettext_lazy("severity", "Critical"),
}

SUCCESS: Final = "SUCCESS"
FAILED: Final = "FAILED"
ERROR: Final = "ERROR"
PENDING: Final = "PENDING"
STATUSES = {
    SUCCESS: gettext_lazy("Success"),
    FAILED: gettext_lazy("Failed"),
    ERROR: gettext_lazy("Error"),
    PENDING: gettext_lazy("Pending"),
}

ACTIONS: Final = {  # what is done to records; then to somebody's rights
    "CREATE": pgettext_lazy("action", "Added"),
    "READ": pgettext_lazy("action", "Looked at"),
    "UPDATE": pgettext_lazy("action", "Changed"),
    "DELETE": pgettext_lazy("action", "Deleted"),
    "BULK_UPDATE": pgettext_lazy("action", "Several changed"),
    "BULK_IMPORT": pgettext_lazy("action", "Imported"),
    "EXPORT": pgettext_lazy("action", "Exported"),
    "add": pgettext_lazy("action", "Added"),
    "remove": pgettext_lazy("action", "Taken away"),
    "clear": pgettext_lazy("action", "All taken away"),
}

REFUSALS: Final = {  # error codes of LOGIN_FAILED
    "BAD_CREDENTIALS": gettext_lazy("wrong password"),
    "UNKNOWN_NAME": gettext_lazy("no such account"),
    "INACTIVE": gettext_lazy("locked account"),
    "BLOCKED": gettext_lazy("blocked for a while"),
}

AUTH_METHODS = {
    "session": gettext_lazy("In the browser"),
    "jwt": gettext_lazy("With a token"),
    "basic": gettext_lazy("With name and password in each request"),
    "system": gettext_lazy("By a job or command"),
    "database": gettext_lazy("In the database itself"),
    "anonymous": gettext_lazy("Not signed in"),
}

READ: Final = "READ"
EXPORT: Final = "EXPORT"
LOOKS = (READ, EXPORT)  # at records, which stay as they were
CRUD_ACTIONS = {
    "CREATE": (_("%(entity)s created"), INFO),
    READ: (_("%(entity)s read"), DEBUG),
    "UPDATE": (_("%(entity)s changed"), INFO),
    "DELETE": (_("%(entity)s deleted"), LOW),
    "BULK_UPDATE": (_("several %(entity)s records changed"), LOW),
    "BULK_IMPORT": (_("%(entity)s imported"), LOW),
    EXPORT: (_("%(entity)s exported"), LOW),
}


@dataclass(frozen=True, slots=True)
class EventType:
    """What is known of a type before anything has happened. `words` are English, as they are kept in the table;
    `label` is in the reader's language. `status` is what it usually ends with."""

    name: str
    category: str
    words: str
    severity: str = INFO
    status: str = SUCCESS

    @property
    def label(self) -> StrOrPromise:
        return gettext_lazy(self.words)


TYPES: dict[str, EventType] = {}


def _type(name: str, category: str, words: str, severity: str = INFO, status: str = SUCCESS) -> str:
    if name in TYPES:
        raise ValueError(f"{name} is in the catalogue twice")
    TYPES[name] = EventType(name, category, words, severity, status)
    return name


# A request's own event; its category is given by what the request was for.
HTTP_REQUEST = _type("HTTP_REQUEST", CRUD, _("Request"))

LOGIN = _type("LOGIN", AUTH, _("Signed in"))
LOGIN_FAILED = _type("LOGIN_FAILED", AUTH, _("Sign-in failed"), MEDIUM, FAILED)
LOGOUT = _type("LOGOUT", AUTH, _("Signed out"))
TOKEN_ISSUED = _type("TOKEN_ISSUED", AUTH, _("Token issued"))
TOKEN_REFRESH = _type("TOKEN_REFRESH", AUTH, _("Token refreshed"))
TOKEN_REJECTED = _type("TOKEN_REJECTED", AUTH, _("Token rejected"), MEDIUM, FAILED)
TOKEN_EXPIRED = _type("TOKEN_EXPIRED", AUTH, _("Token expired"), LOW, FAILED)
TOKEN_BLACKLISTED = _type("TOKEN_BLACKLISTED", AUTH, _("Token withdrawn"))
USER_REGISTER = _type("USER_REGISTER", AUTH, _("User registered"))
PASSWORD_CHANGE = _type("PASSWORD_CHANGE", AUTH, _("Password changed"), LOW)
PASSWORD_RESET = _type("PASSWORD_RESET", AUTH, _("Password reset"), LOW)
PERMISSION_CHANGE = _type("PERMISSION_CHANGE", AUTH, _("Rights changed"), MEDIUM)
ACCOUNT_LOCK = _type("ACCOUNT_LOCK", AUTH, _("Account locked"), MEDIUM)
ACCOUNT_UNLOCK = _type("ACCOUNT_UNLOCK", AUTH, _("Account unlocked"), LOW)

MODEL_TRAIN_START = _type("MODEL_TRAIN_START", ML, _("Model training started"), status=PENDING)
MODEL_TRAIN = _type("MODEL_TRAIN", ML, _("Model trained"))
MODEL_TRAIN_FAILED = _type("MODEL_TRAIN_FAILED", ML, _("Model training failed"), MEDIUM, FAILED)
MODEL_EVALUATE = _type("MODEL_EVALUATE", ML, _("Model evaluated"))
MODEL_SAVE = _type("MODEL_SAVE", ML, _("Model saved"))
MODEL_LOAD = _type("MODEL_LOAD", ML, _("Model loaded"))
PREDICTION_SINGLE = _type("PREDICTION_SINGLE", ML, _("Prediction made"))
PREDICTION_BATCH = _type("PREDICTION_BATCH", ML, _("Batch of predictions made"))

APP_START = _type("APP_START", SYSTEM, _("Process started"))
APP_SHUTDOWN = _type("APP_SHUTDOWN", SYSTEM, _("Process stopped"))
UNCLEAN_STOP = _type("UNCLEAN_STOP", SYSTEM, _("Process stopped unexpectedly"), HIGH, ERROR)
HEALTH_CHECK = _type("HEALTH_CHECK", SYSTEM, _("Health check"), DEBUG)
CONFIG_CHANGED = _type("CONFIG_CHANGED", SYSTEM, _("Configuration changed"), MEDIUM)
MAINTENANCE = _type("MAINTENANCE", SYSTEM, _("Maintenance"))
TASK_SUCCESS = _type("TASK_SUCCESS", SYSTEM, _("Job done"))
TASK_FAILED = _type("TASK_FAILED", SYSTEM, _("Job failed"), MEDIUM, ERROR)
TASK_RETRY = _type("TASK_RETRY", SYSTEM, _("Job tried again"), LOW, PENDING)
COMMAND = _type("COMMAND", SYSTEM, _("Command run"))
SLOW_REQUEST = _type("SLOW_REQUEST", SYSTEM, _("Slow request"), LOW)
SLOW_QUERY = _type("SLOW_QUERY", SYSTEM, _("Slow query"), LOW)
ERROR_500 = _type("ERROR_500", SYSTEM, _("Server error"), HIGH, ERROR)
LOG_WARNING = _type("LOG_WARNING", SYSTEM, _("Warning in the application's log"), LOW)
LOG_ERROR = _type("LOG_ERROR", SYSTEM, _("Error in the application's log"), HIGH, ERROR)
LOG_CRITICAL = _type("LOG_CRITICAL", SYSTEM, _("Critical error in the application's log"), CRITICAL, ERROR)
EVENTS_DROPPED = _type("EVENTS_DROPPED", SYSTEM, _("Events lost"), CRITICAL, ERROR)
EVENTS_SILENT = _type("EVENTS_SILENT", SYSTEM, _("Unusually few events"), HIGH)
EVENTS_CLEANUP = _type("EVENTS_CLEANUP", SYSTEM, _("Old events removed"))
EVENTS_ARCHIVED = _type("EVENTS_ARCHIVED", SYSTEM, _("Events archived"))
EVENTS_RESTORED = _type("EVENTS_RESTORED", SYSTEM, _("Events restored"))
EVENTS_EXPORTED = _type("EVENTS_EXPORTED", SYSTEM, _("Events exported"), LOW)
EVENTS_VIEWED = _type("EVENTS_VIEWED", SYSTEM, _("Events viewed"), DEBUG)
EVENTS_SEALED = _type("EVENTS_SEALED", SYSTEM, _("Events sealed"), DEBUG)
EVENTS_VERIFIED = _type("EVENTS_VERIFIED", SYSTEM, _("Event log verified"))
FORWARD_FAILED = _type("FORWARD_FAILED", SYSTEM, _("Events not forwarded"), HIGH, ERROR)
RULE_FAILED = _type("RULE_FAILED", SYSTEM, _("Detection rule failed"), HIGH, ERROR)
HOLD_PLACED = _type("HOLD_PLACED", SYSTEM, _("Deletion put on hold"), LOW)
HOLD_LIFTED = _type("HOLD_LIFTED", SYSTEM, _("Deletion allowed again"), LOW)
DEAD_LETTER_RETRIED = _type("DEAD_LETTER_RETRIED", SYSTEM, _("Refused event tried again"))
DEAD_LETTER_DISCARDED = _type("DEAD_LETTER_DISCARDED", SYSTEM, _("Refused event discarded"), MEDIUM)
SUBJECT_EXPORTED = _type("SUBJECT_EXPORTED", SYSTEM, _("Person's data exported"), LOW)
SUBJECT_ERASED = _type("SUBJECT_ERASED", SYSTEM, _("Person's data erased"), MEDIUM)
SUBJECT_REQUESTED = _type("SUBJECT_REQUESTED", SYSTEM, _("Request of a person entered"))
SUBJECT_CONFIRMED = _type("SUBJECT_CONFIRMED", SYSTEM, _("Erasure of a person confirmed"), MEDIUM)
SUBJECT_REFUSED = _type("SUBJECT_REFUSED", SYSTEM, _("Request of a person refused"), LOW)
THRESHOLD_EXCEEDED = _type("THRESHOLD_EXCEEDED", SYSTEM, _("Limit exceeded"), MEDIUM)
ALERT_OPENED = _type("ALERT_OPENED", SYSTEM, _("New alert"), MEDIUM)
ALERT_UPDATED = _type("ALERT_UPDATED", SYSTEM, _("Alert updated"))

FILE_UPLOAD = _type("FILE_UPLOAD", FILE, _("File uploaded"))
FILE_UPLOAD_FAILED = _type("FILE_UPLOAD_FAILED", FILE, _("Upload failed"), LOW, FAILED)
FILE_DOWNLOAD = _type("FILE_DOWNLOAD", FILE, _("File downloaded"))
FILE_DELETE = _type("FILE_DELETE", FILE, _("File deleted"), LOW)
IMPORT_DATA = _type("IMPORT_DATA", FILE, _("Data imported"))
EXPORT_DATA = _type("EXPORT_DATA", FILE, _("Data exported"), LOW)

SQL_INJECTION = _type("SQL_INJECTION", SECURITY, _("SQL injection"), HIGH, FAILED)
XSS = _type("XSS", SECURITY, _("Script injection (XSS)"), HIGH, FAILED)
PATH_TRAVERSAL = _type("PATH_TRAVERSAL", SECURITY, _("Path traversal"), HIGH, FAILED)
COMMAND_INJECTION = _type("COMMAND_INJECTION", SECURITY, _("Command injection"), HIGH, FAILED)
TEMPLATE_INJECTION = _type("TEMPLATE_INJECTION", SECURITY, _("Template injection"), HIGH, FAILED)
SCANNER = _type("SCANNER", SECURITY, _("Vulnerability scanner"), MEDIUM, FAILED)
BRUTE_FORCE = _type("BRUTE_FORCE", SECURITY, _("Password guessing"), HIGH)
DISTRIBUTED_BRUTE_FORCE = _type("DISTRIBUTED_BRUTE_FORCE", SECURITY, _("Password guessing from many addresses"), HIGH)
PASSWORD_SPRAYING = _type("PASSWORD_SPRAYING", SECURITY, _("One password tried on many accounts"), HIGH)
CREDENTIAL_STUFFING = _type("CREDENTIAL_STUFFING", SECURITY, _("Stolen passwords tried"), HIGH)
USER_ENUMERATION = _type("USER_ENUMERATION", SECURITY, _("Account names guessed"), MEDIUM)
SUCCESS_AFTER_FAILURES = _type("SUCCESS_AFTER_FAILURES", SECURITY, _("Sign-in after many failures"), HIGH)
IMPOSSIBLE_TRAVEL = _type("IMPOSSIBLE_TRAVEL", SECURITY, _("Impossible travel"), HIGH)
NEW_DEVICE = _type("NEW_DEVICE", SECURITY, _("New device"), LOW)
SESSION_HIJACK = _type("SESSION_HIJACK", SECURITY, _("Session used elsewhere"), HIGH)
TOKEN_REUSE = _type("TOKEN_REUSE", SECURITY, _("Token used again"), HIGH)
OFF_HOURS = _type("OFF_HOURS", SECURITY, _("Unusual hour"), LOW)
SCAN_BURST = _type("SCAN_BURST", SECURITY, _("Many requests for missing pages"), MEDIUM)
FORBIDDEN_BURST = _type("FORBIDDEN_BURST", SECURITY, _("Many refusals"), MEDIUM)
ENUMERATION = _type("ENUMERATION", SECURITY, _("Records tried one by one"), MEDIUM)
MASS_EXPORT = _type("MASS_EXPORT", SECURITY, _("Unusually large export"), HIGH)
PRIVILEGE_ESCALATION = _type("PRIVILEGE_ESCALATION", SECURITY, _("More rights gained"), HIGH)
UNUSUAL_ACCESS = _type("UNUSUAL_ACCESS", SECURITY, _("Unusual access"), MEDIUM)
OUT_OF_BAND_CHANGE = _type("OUT_OF_BAND_CHANGE", SECURITY, _("Change from outside the application"), HIGH)
TAMPERING = _type("TAMPERING", SECURITY, _("Tampering with the log"), CRITICAL, ERROR)
UNAUTHORIZED_ACCESS = _type("UNAUTHORIZED_ACCESS", SECURITY, _("Access refused"), MEDIUM, FAILED)
IP_BLOCKED = _type("IP_BLOCKED", SECURITY, _("Address blocked"), MEDIUM)
IP_UNBLOCKED = _type("IP_UNBLOCKED", SECURITY, _("Address unblocked"), LOW)


def crud_type(entity: str, action: str) -> str:
    return f"{entity}_{action}".upper()


@lru_cache(maxsize=1024)
def lookup(name: str) -> EventType | None:
    """What is known of a type; None for one that is neither in the catalogue nor `<ENTITY>_<ACTION>`."""
    known = TYPES.get(name)
    if known is not None:
        return known
    if deed := deed_of(name):
        words, severity = CRUD_ACTIONS[deed[1]]
        return EventType(name, CRUD, words % {"entity": deed[0]}, severity)
    return None


def deed_of(name: str) -> tuple[str, str] | None:
    """(entity, action) of a type that `crud_type` made."""
    for action in CRUD_ACTIONS:
        entity = name.removesuffix(f"_{action}")
        if entity and entity != name and not entity.endswith("_BULK"):
            return entity.lower(), action
    return None
