"""An alert's place in the list that its reader came from, so that ten of them are worked off without going back."""

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from eventlog.models import Alert
from eventlog.models.alert import OPEN

if TYPE_CHECKING:
    from eventlog.admin.alerts import AlertAdmin

ASKED: Final = "_changelist_filters"  # the admin's own name for what the list was asked for
MOST: Final = 2000  # alerts of a list that are looked through


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses are empty where there is no such alert. `number` is 0 for one that is not in the list."""

    number: int
    total: int
    before: str
    after: str
    next_open: str
    list: str


def place_of(alert: Alert, model_admin: "AlertAdmin", request: HttpRequest) -> Place:
    asked = request.GET.get(ASKED, "")
    rows = rows_of(model_admin, request, asked)
    keys = [key for key, _state in rows]
    here = keys.index(alert.pk) if alert.pk in keys else -1
    following = [*rows[here + 1 :], *rows[: max(here, 0)]]
    is_open = (key for key, state in following if state == OPEN and key != alert.pk)
    before = keys[here - 1] if here > 0 else None
    after = keys[here + 1] if here + 1 < len(keys) else None
    return Place(
        number=here + 1,
        total=len(keys),
        before=address_of(before, asked),
        after=address_of(after, asked),
        next_open=address_of(next(is_open, None), asked),
        list=reverse("admin:eventlog_alert_changelist") + (f"?{asked}" if asked else ""),
    )


def rows_of(model_admin: "AlertAdmin", request: HttpRequest, asked: str) -> list[tuple[UUID, str]]:
    """(key, state) in the order of the list."""
    listing = copy(request)
    listing.GET = QueryDict(asked)
    try:
        shown: Any = model_admin.get_changelist_instance(listing).queryset
    except (IncorrectLookupParameters, SuspiciousOperation):
        shown = Alert.objects.visible_to(request.user).as_queue()
    return list(shown.values_list("pk", "state")[:MOST])


def address_of(key: UUID | None, asked: str) -> str:
    if key is None:
        return ""
    address = reverse("admin:eventlog_alert_change", args=[key])
    return f"{address}?{urlencode({ASKED: asked})}" if asked else address
