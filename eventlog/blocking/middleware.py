"""Says to whom a sign-in was refused unseen that it was: 429, and when to try again (RFC 6585, 4)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from math import ceil

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.template import loader
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eventlog.capture.requests import current_visit
from eventlog.explained import address

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SECTION = "docs/threats.md#refusing-who-guesses"


@sync_and_async_middleware
def blocking_middleware(get_response: GetResponse) -> Callable[[HttpRequest], object]:
    """Anywhere below EventLoggingMiddleware, which records the answer."""
    if iscoroutinefunction(get_response):

        async def in_async(request: HttpRequest) -> HttpResponseBase:
            response: Awaitable[HttpResponseBase] = get_response(request)
            return answered(request, await response)

        return in_async

    def in_sync(request: HttpRequest) -> HttpResponseBase:
        return answered(request, get_response(request))

    return in_sync


def answered(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    visit = current_visit()
    if visit is None or visit.refused_until is None:
        return response
    seconds = seconds_until(visit.refused_until)
    answer = problem(request, seconds) if is_json(response) else page(request, seconds)
    answer["Retry-After"] = str(seconds)
    return answer


def seconds_until(moment: datetime) -> int:
    return max(1, ceil((moment - timezone.now()).total_seconds()))


def is_json(response: HttpResponseBase) -> bool:
    return "json" in response.get("Content-Type", "")


def in_words(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    wait = ngettext("Try again in %(minutes)d minute.", "Try again in %(minutes)d minutes.", minutes) % {
        "minutes": minutes
    }
    why = _("There were too many wrong passwords for this account from here.")
    return f"{why} {wait}"


def problem(request: HttpRequest, seconds: int) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": in_words(seconds),
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "more": address(SECTION) or SECTION,
    }
    return JsonResponse(body, status=429, content_type="application/problem+json")


def page(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"detail": in_words(seconds), "request_id": getattr(request, "request_id", "")}
    return HttpResponse(loader.select_template(["429.html", "eventlog/blocked.html"]).render(context), status=429)
