"""Where in the console something is found: for its own pages, and for the pages of records that lead to it."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode


def timeline(kind: str, **asked: Any) -> str:
    """The address of a timeline."""
    return f"{reverse(f'admin:eventlog_event_{kind}')}?{urlencode(asked)}"
