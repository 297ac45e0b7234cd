"""The REST resource of events. It has no write route; who may see what is a queryset, so a hidden event is a 404."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from eventlog import catalog
from eventlog.api import activity, answers, exports
from eventlog.api.filters import EventFilter
from eventlog.api.live import place_named, read_on
from eventlog.api.pagination import EventPagination
from eventlog.api.permissions import CanViewSecurity
from eventlog.api.questions import asked
from eventlog.api.serializers import ActivityQuery, EventSerializer, RecentQuery, SecurityQuery
from eventlog.api.stream import EventStreamRenderer, stream_response
from eventlog.api.viewed import security_in, tell_viewed
from eventlog.export.formats import FORMATS
from eventlog.models import Event, EventQuerySet

USER_ID = OpenApiParameter("user_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of a user.")


class EventViewSet(viewsets.GenericViewSet[Event]):
    """What happened, as far as the account may see it."""

    serializer_class = EventSerializer
    permission_classes = [IsAuthenticated]
    throttle_scope = "events"  # bounded where the project has DRF's ScopedRateThrottle, and a rate for it
    pagination_class = EventPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = EventFilter
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def get_queryset(self) -> EventQuerySet:
        return Event.objects.visible_to(self.request.user)

    def filter_queryset(self, queryset: Any) -> Any:
        """By the filter alone; the order is the pagination's."""
        filters = EventFilter(self.request.query_params, queryset=queryset, request=self.request)
        return filters.qs

    @extend_schema(summary="List events")
    def list(self, request: Request) -> Response:
        """Events by cursor, newest first, narrowed by any field of the search language or by `q`."""
        return self.page_of(self.get_queryset())

    def page_of(self, events: EventQuerySet, *, is_review: bool = False) -> Response:
        page = self.paginate_queryset(self.filter_queryset(events)) or []
        return self.get_paginated_response(self.shown(page, is_review=is_review))

    def shown(self, events: Iterable[Event], *, is_review: bool = False) -> Any:
        """Their JSON. That SECURITY events are shown is told; a review, even if there are none."""
        found = list(events)
        if (number := security_in(found)) or is_review:
            tell_viewed(self.request, number)
        return self.get_serializer(found, many=True).data

    @extend_schema(summary="One event", parameters=[OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, id: str) -> Response:
        """One event, with all that is known about it."""
        event = self.get_queryset().with_id(UUID(id)).first()
        if event is None:
            raise Http404
        if security_in([event]):
            tell_viewed(request, 1, event=id)
        return Response(self.get_serializer(event).data)

    @extend_schema(
        summary="The newest events",
        parameters=[RecentQuery],
        responses=EventSerializer(many=True),
        filters=False,
    )
    @action(detail=False, pagination_class=None)
    def recent(self, request: Request, **kwargs: Any) -> Response:
        """The newest events, newest first: `?limit=` up to 1000, `?category=` one of the catalogue's.

        With `?after=` instead what was stored since, in the order in which it was stored, narrowed as the list, and as
        `after` where to go on: nothing is missed, and nothing comes twice. Begin with `after=start` or `after=now`;
        while `after` changes there may be more already.
        """
        query = asked(RecentQuery, request)
        if after := query.get("after"):
            return self.stored_after(after, limit=query["limit"])
        events = self.get_queryset().newest_first()
        if category := query.get("category"):
            events = events.filter(event_category=category)
        return Response(self.shown(events[: query["limit"]]))

    def stored_after(self, after: str, *, limit: int) -> Response:
        events = self.filter_queryset(self.get_queryset())
        place = place_named(after, parameter="after", using=events.db)
        stretch = read_on(events, place, limit=limit)
        shown = self.shown(event for _place, event in stretch.events)
        return Response({"results": shown, "after": stretch.end.written()})

    @extend_schema(
        summary="All events of a list, as a file",
        parameters=[OpenApiParameter("format", str, enum=[*FORMATS], description="csv, unless told otherwise.")],
        responses={(200, made.media_type): OpenApiTypes.STR for made in FORMATS.values()},
    )
    @action(
        detail=False,
        pagination_class=None,
        throttle_scope="export",
        renderer_classes=exports.RENDERERS,
        content_negotiation_class=exports.ByFormat,
    )
    def export(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """All events of the list, newest first: `?format=` csv (the default), ndjson, ocsf, ecs or cef."""
        events = self.filter_queryset(self.get_queryset())
        return Response() if request.method == "HEAD" else exports.export_response(request, events)

    @extend_schema(
        summary="Events as they are stored",
        responses={(200, EventStreamRenderer.media_type): OpenApiTypes.STR},
    )
    @action(
        detail=False,
        pagination_class=None,
        throttle_scope="stream",
        renderer_classes=[JSONRenderer, EventStreamRenderer],
    )
    def stream(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Events as they are stored, as Server-Sent Events, narrowed as the list. Needs an ASGI server: another answers
        501, and 503 is from a process that has as many readers as it takes.

        From now on, or behind `Last-Event-ID` or `?after=` (`start`, or an event's id in the stream).
        """
        return Response() if request.method == "HEAD" else stream_response(request)

    @extend_schema(
        summary="What endangers the school", parameters=[SecurityQuery], responses=EventSerializer(many=True)
    )
    @action(detail=False, permission_classes=[IsAuthenticated, CanViewSecurity])
    def security(self, request: Request, **kwargs: Any) -> Response:
        """Findings of the last `?hours=` (24), by cursor; filters as in the list."""
        since = timezone.now() - timedelta(hours=asked(SecurityQuery, request)["hours"])
        findings = self.get_queryset().filter(event_category=catalog.SECURITY).since(since)
        return self.page_of(findings, is_review=True)

    @extend_schema(
        summary="What somebody has done",
        parameters=[ActivityQuery, USER_ID],
        responses=answers.ActivitySerializer,
        filters=False,
    )
    @action(detail=False, pagination_class=None, url_path="user-activity/(?P<user_id>[^/.]+)")
    def user_activity(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """What one user has done in the last `?days=` (30): sums, and the newest `?limit=` (100) events.

        404 for a user of whose events the asker may see none, whether there are any or not.
        """
        query = asked(ActivityQuery, request)
        key = user_key(user_id)
        seen = self.get_queryset().of_user(key)
        events = seen.since(timezone.now() - timedelta(days=query["days"]))
        names = activity.names(seen)
        if names is None and key != request.user.pk:
            raise Http404
        timeline = self.shown(events.newest_first()[: query["limit"]])
        about = {"user_id": key, **(names or {}), "days": query["days"]}
        return Response({**about, **activity.sums(events), "timeline": timeline})


def user_key(text: str) -> Any:
    try:
        return get_user_model()._meta.pk.to_python(text)
    except ValidationError:
        raise Http404 from None
