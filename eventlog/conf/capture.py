"""What is recorded, and of what."""

from typing import Final

from eventlog.conf.parsing import boolean, names, proxies, whole_number
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import audited_models, recorded_signals

NOT_ASKED_BY_PEOPLE: Final = (
    *("/static/", "/health/", "/metrics", "/favicon.ico", "/admin/jsi18n/"),
    *("/admin/eventlog/event/live/", "/admin/eventlog/dashboard/live/"),
)
OWN_TASKS: Final = ("eventlog.tasks.", "celery.chord_unlock", "celery.backend_cleanup")


class Capture:
    EXCLUDE_PATHS = Setting(
        NOT_ASKED_BY_PEOPLE,
        names,
        "Beginnings of request paths that are not recorded. Default what no person asks for: static files, health "
        "checks, metrics, the admin's script of translations, the console's looking again.",
    )
    EXCLUDE_TASKS = Setting(
        OWN_TASKS,
        names,
        "Beginnings of the names of Celery's tasks that are recorded only where they fail. Default what runs over "
        "and over without a word: the event log's own jobs and Celery's.",
    )
    CAPTURE_BODIES = Setting(
        True,
        boolean,
        "Whether request bodies (JSON and form values, never files) are kept. Default True.",
    )
    MAX_BODY_BYTES = Setting(
        16_384,
        whole_number(0, 1 << 20),
        "Bytes of a request's body beyond which only its size is kept. Default 16384.",
    )
    TRUSTED_PROXIES = Setting(
        (),
        proxies,
        "Networks whose `X-Forwarded-For` is believed, and `unix` for whoever comes by a unix socket. Default "
        "none: the peer's address is the client's.",
    )
    AUDITED_MODELS = Setting(
        "*",
        audited_models,
        'Models whose changes are recorded: `"*"`, labels, or labels with options. Default `"*"`.',
    )
    EXCLUDED_MODELS = Setting(
        (),
        names,
        'Labels that `AUDITED_MODELS = "*"` leaves out. Default none besides Django\'s own bookkeeping.',
    )
    TRIGGER_MODELS = Setting(
        (),
        names,
        "Labels of audited models whose changes PostgreSQL's triggers record instead of signals: whoever makes "
        "them, and however. Needs `django-pgtrigger`, and a `migrate` whenever it changes. Default none.",
    )
    CAPTURE_BULK_WRITES = Setting(
        True,
        boolean,
        "Whether `QuerySet.update`, `bulk_create`, `bulk_update` and `_raw_delete` on audited models are "
        "recorded, as one event a statement. Default True.",
    )
    RECORDED_SIGNALS = Setting(
        {},
        recorded_signals,
        "The project's own signals that are events, as {dotted path: event type}. Connected at start-up. Default none.",
    )
    PASSWORD_RESET_VIEWS = Setting(
        (),
        names,
        'Names of URLs (`"api:password-reset"`) whose views set a password by a link that was sent, besides '
        "Django's `PasswordResetConfirmView`: there a PASSWORD_CHANGE is a PASSWORD_RESET. Default none.",
    )
