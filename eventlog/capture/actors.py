"""Who is asking, found out without any query: by what the view has found out, or by a token that proves it.

Roles are no matter of this module: but for those that a token names, `pipeline.roles` knows them.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.utils.functional import empty
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from eventlog.context import Actor


def known_actor(request: HttpRequest) -> Actor | None:
    """The actor as far as the request knows it by now, without a query for the user; None where it does not."""
    user = resolved_user(request)
    key = user.pk if user is not None else None
    if key is None or not user.is_authenticated:  # no key: it has deleted itself
        return None
    claims = getattr(getattr(request, "auth", None), "payload", None)  # DRF leaves here what the user went by
    if isinstance(claims, dict):
        return Actor(key, user.get_username(), str(claims.get("role", "")), "jwt")
    return Actor(key, user.get_username(), auth_method=method_of(request, user))


def resolved_user(request: HttpRequest) -> Any:
    """The user that the view has asked for, with `request.user` or with `await request.auser()`."""
    user = request.__dict__.get("user")
    if user is None or getattr(user, "_wrapped", None) is empty:  # Django's lazy object that nobody has looked at
        return request.__dict__.get("_cached_user") or request.__dict__.get("_acached_user")
    return user


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
    return (loaded_session(request) or {}).get(SESSION_KEY) == str(user.pk)


def loaded_session(request: HttpRequest) -> Mapping[str, Any] | None:
    """What is in the request's session, if anybody has looked into it."""
    session = getattr(request, "session", None)
    data: Mapping[str, Any] | None = getattr(session, "_session_cache", None)
    return data


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
    """32 hexadecimal digits of a keyed BLAKE2b under the project's SECRET_KEY: a third of the price of an HMAC."""
    key = hash_key(settings.SECRET_KEY)
    return hashlib.blake2b(value.encode(errors="replace"), key=key, digest_size=16).hexdigest()


@lru_cache(maxsize=4)
def hash_key(secret: str) -> bytes:
    """Of a length that BLAKE2b takes, and of no other use."""
    return hashlib.sha256(f"eventlog:{secret}".encode()).digest()
