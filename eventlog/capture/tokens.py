"""The life of simplejwt's tokens: issued, refreshed, withdrawn, refused.

simplejwt sends no signals. What it answered is looked at after the view instead, outside of its transaction; why it
refused a token is found by asking its own classes again, since its messages are translated and its codes all alike.
The claims of a refused token are the attacker's words: they never name the actor.
"""

from collections.abc import Mapping
from typing import Any

import jwt
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView, TokenViewBase

from eventlog import catalog
from eventlog.context import Actor
from eventlog.logger import log_event

EXPIRED, BAD, BLACKLISTED, WRONG_TYPE = "expired", "bad_signature", "blacklisted", "wrong_type"


def token_view(request: HttpRequest) -> type | None:
    """The simplejwt view class that answered, if one did."""
    match = request.resolver_match
    view = getattr(match.func, "view_class", None) or getattr(match.func, "cls", None) if match else None
    return view if isinstance(view, type) and issubclass(view, TokenViewBase) else None


def given(request: HttpRequest, response: HttpResponseBase) -> Actor | None:
    """Record that the answer gives or withdraws a token, if it does; whose it is."""
    view = token_view(request)
    if view is None or response.status_code >= 300:
        return None
    data = getattr(response, "data", None) or {}
    if issubclass(view, TokenBlacklistView):
        actor = actor_of(unverified(sent(response, "refresh")))  # simplejwt has verified it just now
        log_event(catalog.TOKEN_BLACKLISTED, **actor.columns())
        return actor
    if not issubclass(view, TokenObtainPairView | TokenRefreshView) or "access" not in data:
        return None
    actor = actor_of(unverified(str(data["access"])))
    issued = issubclass(view, TokenObtainPairView)
    log_event(catalog.TOKEN_ISSUED if issued else catalog.TOKEN_REFRESH, **actor.columns())
    return actor


def refused(request: HttpRequest, response: HttpResponseBase) -> None:
    """Record that a 401 was for a token, if one was shown, and why."""

    raw = bearer(request)
    classes: tuple[Any, ...] = tuple(api_settings.AUTH_TOKEN_CLASSES)
    if not raw and token_view(request) is not None:
        raw, classes = sent(response, "refresh") or sent(response, "token"), (RefreshToken,)
    if not raw:
        return
    reason = why_refused(classes, raw) or str(getattr(code_of(response), "code", "") or code_of(response) or "refused")
    event_type = catalog.TOKEN_EXPIRED if reason == EXPIRED else catalog.TOKEN_REJECTED
    log_event(event_type, auth_method="anonymous", error_code=reason, event_data={"claims": some_claims(raw)})


def why_refused(classes: tuple[Any, ...], raw: str) -> str:
    """The reason in one word; empty where the token itself is good (its account is not)."""
    reason = ""
    for token_class in classes:
        try:
            token_class(raw)
        except ExpiredTokenError:
            return EXPIRED
        except TokenError as error:
            if isinstance(error.__cause__, TokenBackendExpiredToken):
                return EXPIRED
            reason = BAD if error.__cause__ is not None else wrong_type_or_blacklisted(token_class, raw)
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


def actor_of(claims: Mapping[str, Any]) -> Actor:
    name, role = str(claims.get("username", "")), str(claims.get("role", ""))
    return Actor(claims.get(api_settings.USER_ID_CLAIM), name, role, "jwt")


def bearer(request: HttpRequest) -> str:
    scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return raw.strip() if scheme.lower() == "bearer" else ""


def sent(response: HttpResponseBase, name: str) -> str:
    """A field of the request as DRF parsed it for the view that made this response."""
    rest_request = (getattr(response, "renderer_context", None) or {}).get("request")
    data = getattr(rest_request, "_full_data", None)
    value = data.get(name, "") if isinstance(data, Mapping) else ""
    return value if isinstance(value, str) else ""


def code_of(response: HttpResponseBase) -> Any:
    data = getattr(response, "data", None)
    return data.get("code") if isinstance(data, Mapping) else None
