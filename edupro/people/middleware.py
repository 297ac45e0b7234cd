"""Leads to the page that comes first: a password of one's own, then what is where."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from edupro.people.session_keys import PASSWORD_IS_TEMPORARY, WELCOME_IS_DUE

API = "/api/"  # answers for itself, with a problem body (`authentication.py`)
ALWAYS_OPEN = frozenset(
    [
        *("login", "logout", "password_change", "password_change_done", "welcome"),
        *("password_reset", "password_reset_done", "password_reset_confirm", "password_reset_complete"),
        *("admin:login", "admin:logout", "admin:jsi18n", "set_language", "live", "ready", "icon"),
    ]
)


class FirstStepsMiddleware(MiddlewareMixin):
    """Asks the session alone, which the sign-in has told; requests without one cost nothing."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in ALWAYS_OPEN or request.path_info.startswith(API):
            return None
        if request.session.get(PASSWORD_IS_TEMPORARY):
            return HttpResponseRedirect(reverse("password_change"))
        if request.method == "GET" and request.session.pop(WELCOME_IS_DUE, False):
            return HttpResponseRedirect(f"{reverse('welcome')}?{urlencode({'next': request.get_full_path()})}")
        return None
