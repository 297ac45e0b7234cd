"""Who asks the API, and whether he first has to set a password of his own."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication as TokenAuthentication

from edupro import api
from edupro.people.session_keys import PASSWORD_IS_TEMPORARY


class PasswordChangeRequired(PermissionDenied):
    default_detail = _("Your password was set by somebody else. Set one of your own: POST /api/auth/password/change.")
    default_code = "password_change_required"


def refuse_unless_open(request: Request) -> None:
    """Raise PasswordChangeRequired, unless the view says that a temporary password is enough for it."""
    view = (request.parser_context or {}).get("view")
    if not getattr(view, "allows_temporary_password", False):
        raise PasswordChangeRequired


class JWTAuthentication(TokenAuthentication):  # type: ignore[type-arg, unused-ignore]
    def authenticate(self, request: Request) -> Any:
        """The token says whether the password is temporary: a new password ends it."""
        found = super().authenticate(request)
        if found is not None and found[1].get("password_is_temporary"):
            refuse_unless_open(request)
        return found


class SessionAuthentication(authentication.SessionAuthentication):
    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None and request._request.session.get(PASSWORD_IS_TEMPORARY):
            refuse_unless_open(request)
        return found


class BasicAuthentication(api.BasicAuthentication):
    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        account = getattr(found[0], "account", None) if found is not None else None
        if account is not None and account.password_is_temporary:
            refuse_unless_open(request)
        return found
