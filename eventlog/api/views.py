"""The REST resource of events. It has no write route; who may see what is a queryset, so a hidden event is a 404."""

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from eventlog.api.permissions import CanViewEvents
from eventlog.api.serializers import EventSerializer, RecentQuery
from eventlog.models import Event, EventQuerySet


class EventViewSet(viewsets.GenericViewSet[Event]):
    serializer_class = EventSerializer
    permission_classes = [CanViewEvents]
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def get_queryset(self) -> EventQuerySet:
        return Event.objects.visible_to(self.request.user)

    def retrieve(self, request: Request, id: str) -> Response:
        event = self.get_queryset().with_id(UUID(id)).first()
        if event is None:
            raise Http404
        return Response(self.get_serializer(event).data)

    @action(detail=False)
    def recent(self, request: Request, **kwargs: Any) -> Response:
        """The newest events, newest first: `?limit=` up to 1000, `?category=` one of the catalogue's; empty ones count
        as not given."""
        query = RecentQuery(data={name: value for name, value in request.query_params.items() if value})
        query.is_valid(raise_exception=True)
        events = self.get_queryset().newest_first()
        if category := query.validated_data.get("category"):
            events = events.filter(event_category=category)
        return Response(self.get_serializer(events[: query.validated_data["limit"]], many=True).data)
