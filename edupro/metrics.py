"""`/metrics`, for Prometheus on this machine or in a network that is named, and for superusers."""

import ipaddress

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from eventlog.metrics import EventLogCollector

PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(EventLogCollector())


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
    return any(peer in network for network in settings.METRICS_ALLOWED_NETWORKS)
