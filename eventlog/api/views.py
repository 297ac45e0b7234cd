"""The REST resource of events. It has no write route; who may see what is a queryset, so a hidden event is a 404."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from eventlog import catalog
from eventlog.analytics import activity
from eventlog.api import answers, exports
from eventlog.api.filters import EventFilter, narrowed
from eventlog.api.live import place_named, read_on
from eventlog.api.pagination import EventPagination
from eventlog.api.permissions import CanViewSecurity
from eventlog.api.proofs import LogAltered, ProofSerializer
from eventlog.api.questions import asked
from eventlog.api.rendering import EventRenderer, for_answer
from eventlog.api.serializers import ActivityQuery, ContinuedSerializer, EventSerializer, RecentQuery, SecurityQuery
from eventlog.api.stream import EventStreamRenderer, stream_response
from eventlog.export.formats import FORMATS
from eventlog.export.rows import Row, fetched, row_of
from eventlog.integrity import evidence
from eventlog.models import Event, EventQuerySet
from eventlog.pipeline.accounts import accounts
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy.opening import READ, open_texts
from eventlog.viewed import security_among, tell_answered, tell_one

USER_ID = OpenApiParameter("user_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of a user.")


@method_decorator(never_cache, name="dispatch")  # as the admin's pages: a browser keeps no event for who comes next
class EventViewSet(viewsets.GenericViewSet[Event]):
    """What happened, as far as the account may see it."""

    serializer_class = EventSerializer
    renderer_classes = [EventRenderer]
    permission_classes = [IsAuthenticated]
    refusals: Sequence[int] = ()  # what an action answers beside the usual, for the API's description
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
        return narrowed(queryset, self.request.query_params)

    @extend_schema(summary="List events")
    def list(self, request: Request) -> Response:
        """Events by cursor, newest first, narrowed by any field of the search language or by `q`."""
        return self.page_of(self.get_queryset())

    def page_of(self, events: EventQuerySet, *, is_review: bool = False) -> Response:
        page: Any = self.paginate_queryset(self.filter_queryset(events))
        return self.get_paginated_response(self.shown(page, is_review=is_review))

    def shown(self, found: Sequence[Row], *, is_review: bool = False) -> Sequence[Row]:
        """As they are sent. That SECURITY events are shown is told; a review, even if there are none."""
        if (number := security_among(row["event_category"] for row in found)) or is_review:
            tell_answered(self.request._request, number)
        return for_answer(found, self.request.user)

    @extend_schema(summary="One event", parameters=[OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, id: str) -> Response:
        """One event, with all that is known about it. Encrypted values are `{"encrypted": "hidden"}`, but for who has
        the right `view_sensitive`: only here, and in exports."""
        found = fetched(self.get_queryset().with_id(UUID(id)))
        if not found:
            raise Http404
        is_read = open_texts(found, may_read=request.user.has_perm(READ), using=Event.objects.db) > 0
        number, record = security_among([found[0]["event_category"]]), (found[0]["entity_type"], found[0]["entity_id"])
        tell_one(request._request, id, record, number=number, is_read=is_read)
        return Response(for_answer(found, request.user)[0])

    @extend_schema(
        summary="The proof of one event",
        parameters=[OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=ProofSerializer,
    )
    @action(detail=True, pagination_class=None, refusals=(409,))
    def proof(self, request: Request, id: str) -> Response:
        """That the event is in the signed log: from its columns to a checkpoint. docs/verify.md says how to check it.

        `log` and `checkpoint` are null until the next checkpoint. 404 also for events of before there were proofs; 409
        where the log was altered.
        """
        event = self.get_queryset().with_id(UUID(id)).first()
        if event is None:
            raise Http404
        sees_insides = request.user.has_perm("eventlog.view_security")
        try:
            proof = evidence.of(event, sees_insides=sees_insides, using=events_alias())
        except evidence.Altered:
            raise LogAltered from None
        if proof is None:
            raise Http404
        if security_among([event.event_category]):
            tell_answered(request._request, 1, event=id)
        return Response(proof)

    @extend_schema(
        summary="The newest events",
        parameters=[RecentQuery],
        responses=PolymorphicProxySerializer(
            component_name="Recent",
            serializers=[EventSerializer(many=True), ContinuedSerializer],
            resource_type_field_name=None,
            many=False,
        ),
        filters=True,
    )
    @action(detail=False, pagination_class=None)
    def recent(self, request: Request, **kwargs: Any) -> Response:
        """The newest events, newest first: `?limit=` up to 1000, narrowed as the list.

        With `?after=` instead what was stored since, in the order in which it was stored, and as `after` where to go
        on: nothing is missed, and nothing comes twice. Begin with `after=start` or `after=now`; while `after` changes
        there may be more already.
        """
        query = asked(RecentQuery, request)
        if after := query.get("after"):
            return self.stored_after(after, limit=query["limit"])
        events = self.filter_queryset(self.get_queryset()).newest_first()
        return Response(self.shown(fetched(events[: query["limit"]])))

    def stored_after(self, after: str, *, limit: int) -> Response:
        events = self.filter_queryset(self.get_queryset())
        place = place_named(after, parameter="after", using=events.db)
        stretch = read_on(events, place, limit=limit)
        shown = self.shown([row_of(event) for _place, event in stretch.events])
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
        refusals=(501, 503),
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

    @extend_schema(summary="The log's accounts", responses=answers.AccountsSerializer, filters=False)
    @action(
        detail=False,
        pagination_class=None,
        throttle_scope="analytics",
        permission_classes=[IsAuthenticated, CanViewSecurity],
    )
    def status(self, request: Request, **kwargs: Any) -> Response:
        """Where every event is that was ever recorded: stored, waiting, refused, dropped; `lost` says how many are
        missing, in no batch and on no disk of this machine. `eventlog_status` tells the same."""
        now = accounts()
        return Response({**asdict(now), "lost": now.lost})

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
        found = fetched(events.newest_first()[: query["limit"]])
        newest = found or fetched(seen.newest_first()[:1])
        if not newest and key != request.user.pk:
            raise Http404
        about = {"user_id": key, **(activity.names(newest[0]) if newest else {}), "days": query["days"]}
        return Response({**about, **answered(activity.sums(events)), "timeline": self.shown(found)})


def answered(sums: dict[str, Any]) -> dict[str, Any]:
    """Of what somebody's events add up to, what the API promises."""
    addresses = [{name: row[name] for name in ("ip_address", "event_count")} for row in sums["addresses"]]
    kept = {name: sums[name] for name in ("total", "by_category", "last_login")}
    return {**kept, "busiest_hours": activity.by_hour_of_day(sums["by_hour"]), "addresses": addresses}


def user_key(text: str) -> Any:
    try:
        return get_user_model()._meta.pk.to_python(text)
    except ValidationError:
        raise Http404 from None
