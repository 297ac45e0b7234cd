"""Two questions of whoever runs the site: does it run, and can it serve. Plain text, or JSON to who prefers it."""

from dataclasses import asdict
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from eventlog import health


@require_safe
@never_cache
@vary_on_headers("Accept")
def live(request: HttpRequest) -> HttpResponse:
    return answer(request, {"status": "ok", "reasons": []})


@require_safe
@never_cache
@vary_on_headers("Accept")
def ready(request: HttpRequest) -> HttpResponse:
    """503, with the reasons, while the database does not answer or the event log's journal takes nothing; what will
    want care soon is told in `warnings`. `connect_timeout` and a statement timeout bound the wait."""
    journal = health.journal()
    reasons, warnings, store = list(health.faults(journal)), list[str](), None
    try:
        store = health.store()
        warnings += health.worries(journal, store)
    except Error:
        reasons.insert(0, "the database does not answer")
    said = {"status": "unready" if reasons else "ok", "reasons": reasons, "warnings": warnings}
    return answer(request, {**said, "journal": asdict(journal), "store": store and asdict(store)})


def answer(request: HttpRequest, facts: dict[str, Any]) -> HttpResponse:
    status = 503 if facts["reasons"] else 200
    if request.get_preferred_type(["text/plain", "application/json"]) == "application/json":
        return JsonResponse(facts, status=status)
    said = "\n".join(facts["reasons"]) or "ok"
    return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
