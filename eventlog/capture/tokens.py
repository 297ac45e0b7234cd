"""The life of simplejwt's tokens: issued, refreshed, withdrawn, refused.

simplejwt sends no signals. What it answered is looked at after the view instead, outside of its transaction; why it
refused a token is found by asking its own classes again, since its messages are translated and its codes all alike.
The claims of a refused token are the attacker's words: they never name the actor.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jwt
from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView, TokenViewBase

from eventlog import catalog
from eventlog.capture import actors
from eventlog.capture.queries import uncounted
from eventlog.context import Actor
from eventlog.logger import log_event

EXPIRED, BAD, BLACKLISTED, WRONG_TYPE = "expired", "bad_signature", "blacklisted", "wrong_type"


def token_view(request: HttpRequest) -> type | None:
    """The simplejwt view class that answered, if one did."""
    match = request.resolver_match
    return token_view_of(match.func) if match is not None else None


@lru_cache(maxsize=2048)
def token_view_of(function: Callable[..., Any]) -> type | None:
    view = getattr(function, "view_class", None) or getattr(function, "cls", None)
    return view if isinstance(view, type) and issubclass(view, TokenViewBase) else None


def given(request: HttpRequest, response: HttpResponseBase) -> Actor | None:
    """Record that the answer gives or withdraws a token, if it does; whose it is."""
    view = token_view(request)
    if view is None or response.status_code >= 300:
        return None
    data = getattr(response, "data", None) or {}
    if issubclass(view, TokenBlacklistView):
        actor = actors.claimed_actor(unverified(sent(response, "refresh")))  # simplejwt has verified it just now
        log_event(catalog.TOKEN_BLACKLISTED, **actor.columns())
        return actor
    if not issubclass(view, TokenObtainPairView | TokenRefreshView) or "access" not in data:
        return None
    actor = actors.claimed_actor(unverified(str(data["access"])))
    issued = issubclass(view, TokenObtainPairView)
    log_event(catalog.TOKEN_ISSUED if issued else catalog.TOKEN_REFRESH, **actor.columns())
    return actor


def refused(request: HttpRequest, response: HttpResponseBase) -> None:
    """Record that a 401 was for a token, if one was shown, and why."""
    raw, classes = shown(request, response)
    if not raw:
        return
    reason = why_refused(classes, raw) or code_of(response)
    if not reason:
        return  # the token is good: it was refused for something else
    event_type = catalog.TOKEN_EXPIRED if reason == EXPIRED else catalog.TOKEN_REJECTED
    log_event(event_type, auth_method="anonymous", error_code=reason, event_data={"claims": some_claims(raw)})


def shown(request: HttpRequest, response: HttpResponseBase) -> tuple[str, tuple[Any, ...]]:
    """(the token that the view has looked at or nothing, the classes it may be of)."""
    if token_view(request) is not None:
        return sent(response, "refresh") or sent(response, "token"), (RefreshToken,)
    return actors.bearer(request), tuple(api_settings.AUTH_TOKEN_CLASSES)


def why_refused(classes: tuple[Any, ...], raw: str) -> str:
    """The reason in one word; empty where the token itself is good (its account is not), or nobody can tell."""
    reason = ""
    for token_class in classes:
        try:
            with uncounted():
                token_class(raw)
        except ExpiredTokenError:
            return EXPIRED
        except TokenError as error:
            if isinstance(error.__cause__, TokenBackendExpiredToken):
                return EXPIRED
            reason = BAD if error.__cause__ is not None else wrong_type_or_blacklisted(token_class, raw)
        except (KeyError, TypeError, ValueError, RecursionError):  # claims that nobody has thought of
            reason = BAD
        except Error:
            return ""  # the database, which knows the blacklist, is away
        else:
            return ""
    return reason


def wrong_type_or_blacklisted(token_class: Any, raw: str) -> str:
    return BLACKLISTED if unverified(raw).get("token_type") == token_class.token_type else WRONG_TYPE


def unverified(raw: str) -> Mapping[str, Any]:
    """The claims of a token, whoever made it; empty for what is no token."""
    try:
        claims: Mapping[str, Any] = jwt.decode(raw, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}
    return claims


def some_claims(raw: str) -> dict[str, str]:
    """Of a refused token, what helps to find out whose it may be."""
    claims = unverified(raw)
    return {name: str(claims[name])[:100] for name in ("user_id", "token_type", "jti", "exp") if name in claims}


def sent(response: HttpResponseBase, name: str) -> str:
    """A field of the request as DRF parsed it for the view that made this response."""
    rest_request = (getattr(response, "renderer_context", None) or {}).get("request")
    data = getattr(rest_request, "_full_data", None)
    value = data.get(name, "") if isinstance(data, Mapping) else ""
    return value if isinstance(value, str) else ""


def code_of(response: HttpResponseBase) -> str:
    """`user_inactive` and its like, which DRF does not translate."""
    data = getattr(response, "data", None)
    code = data.get("code", getattr(data.get("detail"), "code", "")) if isinstance(data, Mapping) else ""
    return str(code or "")[:100]
