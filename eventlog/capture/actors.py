"""Who is asking, found out without any query where the view has found it out already."""

import hmac
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import empty
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from eventlog.context import ANONYMOUS, Actor

ROLE_SECONDS = 60.0  # how long a role is remembered; one query a user, process and minute
MAX_ROLES = 10_000
_roles: dict[Any, tuple[str, float]] = {}


def known_actor(request: HttpRequest) -> Actor | None:
    """The actor as far as the request knows it by now, without a query for the user; None where it does not."""
    user = request.__dict__.get("user")
    if user is None or is_unasked(user) or not user.is_authenticated:
        return None
    claims = getattr(getattr(request, "auth", None), "payload", None)  # DRF leaves here what the user went by
    if isinstance(claims, Mapping):
        return Actor(user.pk, user.get_username(), str(claims.get("role") or role_of(user)), "jwt")
    return Actor(user.pk, user.get_username(), role_of(user), method_of(request))


def find_actor(request: HttpRequest) -> Actor:
    """The actor, asking for the session's user where the view did not, and reading the bearer token where none did."""
    return known_actor(request) or token_actor(request) or session_actor(request) or ANONYMOUS


def is_unasked(user: Any) -> bool:
    """Whether `user` is Django's lazy object that nobody has looked at yet."""
    return getattr(user, "_wrapped", None) is empty


def needs_query(request: HttpRequest) -> bool:
    """Whether only the session can tell who this is."""
    return known_actor(request) is None and settings.SESSION_COOKIE_NAME in request.COOKIES


def session_actor(request: HttpRequest) -> Actor | None:
    """By the session, also where the view put an anonymous user in the place of its user."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    try:
        user = session_user(request)
        return Actor(user.pk, user.get_username(), role_of(user), "session") if user else None
    except DatabaseError:
        return None  # the database is away: the request is recorded all the same


def session_user(request: HttpRequest) -> Any:
    if SESSION_KEY not in request.session:
        return None
    user = getattr(request, "_cached_user", None) or get_user(request)
    return user if user.is_authenticated else None


def token_actor(request: HttpRequest) -> Actor | None:
    """By a bearer token that no view has looked at: its signature and times are verified, its account not asked for."""
    scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not raw:
        return None

    try:
        claims = AccessToken(raw.strip()).payload
    except TokenError:
        return None
    return Actor(
        user_id=claims.get(api_settings.USER_ID_CLAIM),
        username=str(claims.get("username", "")),
        user_role=str(claims.get("role", "")),
        auth_method="jwt",
    )


def method_of(request: HttpRequest) -> str:
    """How the user of a request without a token has shown who it is."""
    basic = request.META.get("HTTP_AUTHORIZATION", "")[:6].lower() == "basic "
    return "basic" if basic and not in_session(request) else "session"


def in_session(request: HttpRequest) -> bool:
    return hasattr(request, "_cached_user") and request._cached_user.is_authenticated


def role_of(user: Any) -> str:
    """`admin` for superusers, else the first group by name, else `staff` or nothing; remembered for a minute."""
    if getattr(user, "is_superuser", False):
        return "admin"
    now = time.monotonic()
    role, until = _roles.get(user.pk, ("", 0.0))
    if now < until:
        return role
    if len(_roles) >= MAX_ROLES:
        _roles.clear()
    role = first_group(user) or ("staff" if getattr(user, "is_staff", False) else "")
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


def session_hash(request: HttpRequest) -> str:
    """A keyed hash of the session's key: tells sessions apart and opens none. Empty without a session."""
    session = getattr(request, "session", None)
    key = session.session_key if session is not None and session.accessed else None
    key = key or request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return keyed_hash(key) if key else ""


def keyed_hash(value: str) -> str:
    """32 hexadecimal digits of an HMAC-SHA256 under the project's SECRET_KEY."""
    secret = f"eventlog:{settings.SECRET_KEY}".encode()
    return hmac.digest(secret, value.encode(errors="replace"), "sha256").hex()[:32]
