"""Sign-ins by session: in, out, and tried in vain.

A password is never seen here: Django stars it before any receiver. The *name* of a failed sign-in is kept only where it
is plausible as one, because people type passwords into name fields.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import Error
from django.http import HttpRequest

from eventlog import catalog
from eventlog.capture import actors, requests
from eventlog.capture.queries import uncounted
from eventlog.context import Actor, current
from eventlog.logger import log_event

# Why it failed: refused before the password was looked at; or what the name tells.
BLOCKED, UNKNOWN_NAME, INACTIVE, BAD_CREDENTIALS = "BLOCKED", "UNKNOWN_NAME", "INACTIVE", "BAD_CREDENTIALS"
PROBED_NAMES = frozenset(
    [
        "admin",
        "administrator",
        "root",
        "user",
        "test",
        "guest",
        "operator",
        "sysadmin",
        "support",
        "webmaster",
        "postgres",
    ]
)


def connect() -> None:
    user_logged_in.connect(logged_in, dispatch_uid="eventlog.logged_in")
    user_logged_out.connect(logged_out, dispatch_uid="eventlog.logged_out")
    user_login_failed.connect(login_failed, dispatch_uid="eventlog.login_failed")


def logged_in(sender: Any, user: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    requests.vouch()
    columns = Actor(user.pk, user.get_username(), auth_method="session").columns()
    session = actors.session_hash(request) if request is not None and hasattr(request, "COOKIES") else ""
    if session:
        columns["session_id"] = session
    log_event(catalog.LOGIN, **columns)


def logged_out(sender: Any, user: Any = None, **kwargs: Any) -> None:
    if (who := current().actor) is not None:
        who()  # so that the request keeps its actor, whom nobody can tell after this
    if user is None:
        log_event(catalog.LOGOUT)  # a session without a user
        return
    log_event(catalog.LOGOUT, **Actor(user.pk, user.get_username(), auth_method="session").columns())


def login_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    name = credentials.get(get_user_model().USERNAME_FIELD, credentials.get("username"))
    columns = claimed(name)
    visit = requests.current_visit()
    if visit is not None and visit.refused_until is not None:
        columns["error_code"] = BLOCKED
    log_event(catalog.LOGIN_FAILED, user_id=None, auth_method="anonymous", **columns)


def claimed(name: Any) -> dict[str, Any]:
    """The name as typed where an account has it or it is one that attackers try; else only a hash and its length.

    A name that may be a password is kept out of the request's own event as well.
    """
    typed = str(name or "")[:10_000]
    reason = reason_by(typed) if typed else ""
    if not typed or typed.lower() in PROBED_NAMES or reason in (INACTIVE, BAD_CREDENTIALS):
        requests.vouch()
        return {"username": typed[:150], "error_code": reason}
    requests.withhold(typed)
    data = {"name_hash": actors.keyed_hash(typed), "name_length": len(typed)}
    return {"username": "", "error_code": reason, "event_data": data}


def reason_by(name: str) -> str:
    """One look into the index of names, on a path that has just hashed a password; without a database, empty."""
    if "\0" in name or len(name) > 150:
        return UNKNOWN_NAME
    user_model = get_user_model()
    try:
        with uncounted():
            account = user_model._default_manager.filter(**{user_model.USERNAME_FIELD: name}).first()
    except (Error, UnicodeError):  # the database is away; half a surrogate pair
        return ""
    if account is None:
        return UNKNOWN_NAME
    return BAD_CREDENTIALS if account.is_active else INACTIVE
