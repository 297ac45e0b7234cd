"""What a failed request gets: a page for people, a problem body (RFC 9457) for programs."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from eventlog.explained import address

PROBLEM_JSON = "application/problem+json"
SECTIONS = {401: "docs/api.md#sign-in", 429: "docs/api.md#how-often-one-may-ask"}
REFUSED = "docs/api.md#what-is-refused"


def problem_body(request: Any, status: int, detail: str = "", **members: object) -> dict[str, Any]:
    """`request` is Django's or DRF's; the request id is there once something has given the request one."""
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",  # RFC 9457, 4.2.1: the status says it all
        "title": title,
        "status": status,
        "detail": detail or title,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "more": address(section := SECTIONS.get(status, REFUSED)) or section,
        **members,
    }


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`reason` is for the developers; Django has written it to the log."""
    return _answer(request, HTTPStatus.FORBIDDEN, page="403_csrf")


def _answer(request: HttpRequest, status: HTTPStatus, page: str = "") -> HttpResponse:
    """The pages are rendered without the request, so that no context processor asks a database that may be away."""
    if _wants_json(request):
        return JsonResponse(problem_body(request, status), status=status, content_type=PROBLEM_JSON)
    template = loader.get_template(f"{page or status.value}.html")
    return HttpResponse(template.render({"request_id": getattr(request, "request_id", "")}), status=status)


def _wants_json(request: HttpRequest) -> bool:
    """All of the API, and whoever likes JSON better than HTML."""
    if request.path == "/api" or request.path.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", "application/json", PROBLEM_JSON]) not in ("text/html", None)
