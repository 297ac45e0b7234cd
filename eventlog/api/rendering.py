"""Events as JSON. Reading each into objects and writing those again would take most of an answer's time."""

from collections.abc import Iterable
from typing import Any, Final

import orjson
from django.contrib.auth.models import AnonymousUser, User
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from eventlog.export.ndjson import OPTIONS, unread
from eventlog.export.rows import Row, shown

OTHERS: Final = JSONEncoder().default  # of what orjson does not know: translations that are still to be made


class EventRenderer(JSONRenderer):
    """For answers that hold events as `for_answer` makes them."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=OTHERS, option=OPTIONS)


def for_answer(found: Iterable[Row], user: "User | AnonymousUser") -> list[Row]:
    return [unread(row) for row in shown(found, sees_insides=user.has_perm("eventlog.view_security"))]
