"""`/api/events/export`: the events of the list, all of them, in one of the formats of `eventlog.export`."""

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from eventlog.capture.requests import endpoint_of
from eventlog.capture.streams import AsyncCountedBody, CountedBody
from eventlog.export.exporting import Export
from eventlog.export.formats import FORMATS, Format
from eventlog.models import EventQuerySet
from eventlog.privacy.opening import READ
from eventlog.viewed import asked_for


class ExportRenderer(JSONRenderer):
    """Stands for a format when it is chosen; what goes through `render` is what went wrong."""


def renderer_of(made: Format) -> type[BaseRenderer]:
    names = {"format": made.name, "media_type": made.media_type, "charset": "utf-8"}
    return type(f"{made.name.upper()}Renderer", (ExportRenderer,), names)


RENDERERS = [renderer_of(made) for made in FORMATS.values()]


class ByFormat(BaseContentNegotiation):
    """`?format=` alone decides, so that a link in a browser and a program get the same."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        wanted = request.query_params.get("format") or next(iter(FORMATS))
        for renderer in renderers:
            if renderer.format == wanted:
                return renderer, str(renderer.media_type)
        raise ValidationError({"format": [_("Choose one of %s.") % ", ".join(FORMATS)]})


def export_response(request: Request, events: EventQuerySet) -> StreamingHttpResponse:
    chosen = FORMATS[request.accepted_renderer.format]
    sees_insides = request.user.has_perm("eventlog.view_security")
    export = Export(events, chosen, asked_for(request._request), sees_insides, request.user.has_perm(READ))

    def ended(size: int, problem: str, fault: BaseException | None) -> None:
        export.tell(size, problem, endpoint=endpoint_of(request._request))

    is_async, chunks = isinstance(request._request, ASGIRequest), export.chunks()
    body = AsyncCountedBody(in_thread(chunks), ended) if is_async else CountedBody(chunks, ended)
    response = StreamingHttpResponse(body, content_type=f"{chosen.media_type}; charset=utf-8")
    name = f"events-{timezone.localtime():%Y%m%d-%H%M%S}.{chosen.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The event loop does not wait for the database; and Django would first collect a plain iterator whole."""
    step = sync_to_async(lambda: next(chunks, None))
    while (chunk := await step()) is not None:
        yield chunk
