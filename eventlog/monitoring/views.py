"""What whoever runs the site asks: does it run, can it serve, and the numbers for Prometheus.

The first two are plain text, or JSON to who prefers it. The numbers are for this machine, for networks that are named,
and for superusers.
"""

import ipaddress
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from eventlog.conf import conf
from eventlog.monitoring import health
from eventlog.monitoring.prometheus import EventLogCollector

PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(EventLogCollector())


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


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not (is_near(request) or request.user.is_superuser):
        raise PermissionDenied
    try:
        return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
    except Error:
        return HttpResponse("the database does not answer", status=503, content_type="text/plain; charset=utf-8")


def is_near(request: HttpRequest) -> bool:
    """By the peer's own address; what a proxy has passed on is not from where the proxy is."""
    if any(name in request.META for name in PROXIED):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a unix socket has none
        return False
    return any(peer in network for network in conf.METRICS_ALLOWED_NETWORKS)
