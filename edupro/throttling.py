"""How often somebody may ask what is dear, or what guessing is about: by scope, which a view names.

The counts are in Django's cache. Without `REDIS_URL` each process has its own, so that a site with four workers lets
through up to four times as much.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

if TYPE_CHECKING:  # it loads this module
    from rest_framework.views import APIView


class ScopedThrottle(ScopedRateThrottle):
    """By account, or by address where nobody is signed in. A scope without a rate is not bounded.

    The address is what `NUM_PROXIES` says: a header that anybody can write would be no bound.
    """

    def get_rate(self) -> str | None:
        """As the settings are now; DRF keeps those of its import."""
        rates: Mapping[str, str | None] = settings.REST_FRAMEWORK.get("DEFAULT_THROTTLE_RATES", {})
        return rates.get(self.scope or "")


class NameThrottle(ScopedThrottle):
    """By the name or address that a sign-in or a reset is about, wherever it comes from."""

    scope_attr = "throttle_name_scope"
    fields = ("username", "email")

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        data = request.data
        given = next((data[field] for field in self.fields if field in data), "") if isinstance(data, Mapping) else ""
        if not isinstance(given, str) or not given.strip():
            return None
        digest = hashlib.sha256(given.strip().casefold().encode(errors="replace")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": digest}
