"""Who is asking, found out without any query where the view has found it out already."""

import hmac
import time
from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.core.exceptions import SynchronousOnlyOperation
from django.db import Error
from django.http import HttpRequest
from django.utils.functional import empty
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from eventlog.capture.queries import uncounted
from eventlog.context import Actor

ROLE_SECONDS = 60.0  # how long a role is remembered; one query a user, process and minute
MAX_ROLES = 10_000
_roles: dict[Any, tuple[str, float]] = {}


def known_actor(request: HttpRequest) -> Actor | None:
    """The actor as far as the request knows it by now, without a query for the user; None where it does not."""
    user = resolved_user(request)
    if user is None or user.pk is None or not user.is_authenticated:  # no key: it has deleted itself
        return None
    claims = getattr(getattr(request, "auth", None), "payload", None)  # DRF leaves here what the user went by
    if isinstance(claims, Mapping):
        role = str(claims["role"]) if "role" in claims else role_of(user)
        return Actor(user.pk, user.get_username(), role, "jwt")
    return Actor(user.pk, user.get_username(), role_of(user), method_of(request, user))


def resolved_user(request: HttpRequest) -> Any:
    """The user that the view has asked for, with `request.user` or with `await request.auser()`."""
    user = request.__dict__.get("user")
    if user is None or getattr(user, "_wrapped", None) is empty:  # Django's lazy object that nobody has looked at
        return request.__dict__.get("_cached_user") or request.__dict__.get("_acached_user")
    return user


def needs_query(request: HttpRequest) -> bool:
    """Whether only the database can tell who this is, or in which role."""
    user = resolved_user(request)
    if user is None or not user.is_authenticated:
        return settings.SESSION_COOKIE_NAME in request.COOKIES
    return not getattr(user, "is_superuser", False) and time.monotonic() >= _roles.get(user.pk, ("", 0.0))[1]


def session_actor(request: HttpRequest) -> Actor | None:
    """By the session, also where the view put an anonymous user in the place of its user."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    accessed = request.session.accessed
    try:
        with uncounted():
            user = session_user(request)
        return Actor(user.pk, user.get_username(), role_of(user), "session") if user else None
    except Exception:  # whatever the project's session store and back ends raise: the request is recorded all the same
        return None
    finally:
        request.session.accessed = accessed  # else Django would say that the answer varies with the cookie


def session_user(request: HttpRequest) -> Any:
    if SESSION_KEY not in request.session:
        return None
    user = request.__dict__.get("_cached_user") or request.__dict__.get("_acached_user") or get_user(request)
    return user if user.is_authenticated else None


def token_actor(request: HttpRequest) -> Actor | None:
    """By a bearer token that no view has looked at: its signature and times are verified, its account not asked for."""
    raw = bearer(request)
    if not raw:
        return None
    try:
        claims = AccessToken(cast(Any, raw)).payload  # the stubs forget that it takes text
    except (TokenError, ValueError, RecursionError):  # a token's own JSON may be nested thousands deep
        return None
    return claimed_actor(claims)


def claimed_actor(claims: Mapping[str, Any]) -> Actor:
    """The actor of a token that has been verified."""
    name, role = str(claims.get("username", "")), str(claims.get("role", ""))
    return Actor(claims.get(api_settings.USER_ID_CLAIM), name, role, "jwt")


def bearer(request: HttpRequest) -> str:
    scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return raw.strip() if scheme.lower() == "bearer" else ""


def method_of(request: HttpRequest, user: Any) -> str:
    """How the user of a request without a token has shown who it is."""
    basic = request.META.get("HTTP_AUTHORIZATION", "")[:6].lower() == "basic "
    return "basic" if basic and not in_session(request, user) else "session"


def in_session(request: HttpRequest, user: Any) -> bool:
    """Whether the session, as far as it is loaded, is this user's."""
    session = getattr(request, "session", None)
    loaded = getattr(session, "_session_cache", None) or {}
    return bool(loaded.get(SESSION_KEY) == str(user.pk))


def role_of(user: Any) -> str:
    """`admin` for superusers, else the first group by name, else `staff` or nothing; remembered for a minute.

    Where the database cannot be asked (it is away, or this is the event loop) what was remembered last counts.
    """
    if getattr(user, "is_superuser", False):
        return "admin"
    now = time.monotonic()
    role, until = _roles.get(user.pk, ("", 0.0))
    if now < until:
        return role
    try:
        with uncounted():
            role = first_group(user) or ("staff" if getattr(user, "is_staff", False) else "")
    except (Error, SynchronousOnlyOperation):
        return role
    if len(_roles) >= MAX_ROLES:
        _roles.clear()
    _roles[user.pk] = role, now + ROLE_SECONDS
    return role


def first_group(user: Any) -> str:
    groups = getattr(user, "groups", None)
    if groups is None or user.pk is None:
        return ""
    return groups.order_by("name").values_list("name", flat=True).first() or ""


def forget_roles() -> None:
    """Rights have changed; the other processes notice within a minute."""
    _roles.clear()


def session_key(request: HttpRequest) -> str:
    """The key of the request's session, which opens it and is kept nowhere; empty without a session."""
    session = getattr(request, "session", None)
    key = session.session_key if session is not None and session.accessed else None
    return key or request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def session_hash(request: HttpRequest) -> str:
    """A keyed hash of it: tells sessions apart and opens none."""
    key = session_key(request)
    return keyed_hash(key) if key else ""


def keyed_hash(value: str) -> str:
    """32 hexadecimal digits of an HMAC-SHA256 under the project's SECRET_KEY."""
    secret = f"eventlog:{settings.SECRET_KEY}".encode()
    return hmac.digest(secret, value.encode(errors="replace"), "sha256").hex()[:32]
