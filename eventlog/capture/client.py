"""Where a request comes from: the client's address, believed only as far as the proxies that report it."""

import ipaddress
import re
from functools import lru_cache

from django.http import HttpRequest

from eventlog.cleaning import canonical_address
from eventlog.conf import conf
from eventlog.conf.parsing import UNIX, Proxies
from eventlog.privacy.patterns import mask_shapes

MAX_HOPS = 20  # more entries than any chain of proxies has
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context


def address_of(request: HttpRequest) -> str | None:
    """The peer's address; behind `TRUSTED_PROXIES`, the first address from the right that is not one of them."""
    peer = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    proxies = conf.TRUSTED_PROXIES
    if not proxies or not forwarded:
        return canonical_address(peer[:100])
    hops = [hop.strip() for hop in forwarded[-2000:].split(",")[-MAX_HOPS:]]
    by_socket = not peer and UNIX in proxies
    return first_untrusted(tuple(hops) if by_socket else (*hops, peer), proxies)


@lru_cache(maxsize=2048)
def first_untrusted(hops: tuple[str, ...], proxies: Proxies) -> str | None:
    """From the right; a hop that is no address ends the walk, since nobody trustworthy wrote it."""
    address = None
    for hop in reversed(hops):
        candidate = canonical_address(without_port(hop))
        if candidate is None:
            return address
        address = candidate
        if not any(ipaddress.ip_address(address) in network for network in proxies if network != UNIX):
            return address
    return address


def forwarded_tags(request: HttpRequest) -> tuple[str, ...]:
    """Whether something else than addresses was forwarded; the header itself is kept with the others."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if not forwarded:
        return ()
    hops = forwarded[-2000:].split(",")[-MAX_HOPS:]
    return () if all(canonical_address(without_port(hop.strip())) for hop in hops) else ("bad_address",)


def without_port(hop: str) -> str:
    """`192.0.2.1:443` and `[2001:db8::1]:443` as some proxies write them."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def trace_of(request: HttpRequest) -> str:
    given = request.META.get("HTTP_TRACEPARENT")
    match = TRACEPARENT.match(given) if given else None
    return match[1] if match else ""


def given_request_id(request: HttpRequest) -> str:
    """The client's `X-Request-ID` where it is well formed and has not the shape of a secret, else empty."""
    given: str = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if given and REQUEST_ID.fullmatch(given) and mask_shapes(given) == given else ""
