"""`/api/events/analytics/…`: the questions of `analytics.queries`, for any window."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from eventlog import catalog
from eventlog.analytics import queries
from eventlog.analytics.overview import lasting
from eventlog.analytics.rollups import STEPS
from eventlog.analytics.source import Source, Window, only, source_for, still_there, whole_days, within
from eventlog.analytics.times import UNITS
from eventlog.api import answers
from eventlog.api.questions import NumberField, asked
from eventlog.conf import conf
from eventlog.models import Event
from eventlog.search.terms import FIELDS
from eventlog.search.times import span_of

LONGEST = timedelta(days=3660)
LONGEST_BY_MINUTE = timedelta(days=1)
MAX_BUCKETS = 5000
ORDERS = [(name, name) for name in queries.ORDERS]
METRICS = [(name, name) for name in (*queries.METRICS, *queries.PERCENTILES)]


@extend_schema_field(OpenApiTypes.STR)
class TimeField(serializers.Field[datetime, str, str, Any]):
    """A time as the search language writes them; `end` takes the end of a day or minute that is named."""

    def __init__(self, *, end: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.end = end

    def to_internal_value(self, data: Any) -> datetime:
        try:
            span = span_of(str(data))
        except ValueError:
            raise ValidationError(str(FIELDS["created"].expects)) from None
        return span.end if self.end else span.begin


class WindowQuery(serializers.Serializer[Any]):
    """The last 24 hours, or `hours`, or `days`, or from `since` up to `until`."""

    since = TimeField(required=False, help_text=FIELDS["created"].expects)
    until = TimeField(required=False, end=True, help_text=FIELDS["created"].expects)
    hours = NumberField(required=False, min_value=1 / 60, max_value=24 * 3660)
    days = NumberField(required=False, min_value=1 / 1440, max_value=3660)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        end = attrs.get("until") or now
        length = timedelta(hours=attrs.get("hours") or attrs.get("days", 1) * 24)
        begin = attrs.get("since") or end - length
        if not timedelta() < end - begin <= LONGEST:
            raise ValidationError({"since": [_("The window must end after it begins, within ten years.")]})
        if "since" in attrs:
            return {**attrs, "window": Window(begin, end), "before": Window(begin, end).before}
        window = lasting(length, end, now)
        return {**attrs, "window": window, "before": lasting(length, window.begin, now)}


class ListQuery(WindowQuery):
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=20)


class EndpointsQuery(ListQuery):
    order = serializers.ChoiceField(choices=ORDERS, default="requests")
    category = serializers.ChoiceField(choices=list(catalog.CATEGORIES.items()), required=False)


class UsersQuery(ListQuery):
    by = serializers.ChoiceField(choices=[("account", "account"), ("name", "name")], default="account")


class FailedLoginsQuery(ListQuery):
    min = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1, help_text="Only those with so many.")


class TimeseriesQuery(WindowQuery):
    metric = serializers.ChoiceField(choices=METRICS, default="events")
    bucket = serializers.ChoiceField(choices=[(name, name) for name in UNITS], default="hour")


def about(window: Window) -> dict[str, Any]:
    """The window that the numbers are of; `widened` says that it is more than was asked for."""
    return {"from": window.begin, "to": window.end, "widened": window.widened}


def told_of_people(window: Window, **rows: Any) -> Response:
    return Response({**about(window), **rows, "anonymous": conf.ANONYMOUS_ANALYTICS})


class AnalyticsViewSet(viewsets.ViewSet):
    """Numbers about the events that the account may see."""

    permission_classes = [IsAuthenticated]
    throttle_scope = "analytics"

    @extend_schema(summary="How the site does", parameters=[WindowQuery], responses=answers.SummarySerializer)
    @action(detail=False)
    def summary(self, request: Request, **kwargs: Any) -> Response:
        """Totals of the window, and those of the one before it."""
        query = asked(WindowQuery, request)
        now, before = source_for(request.user, query["window"]), source_for(request.user, query["before"])
        previous = {**about(before.window), **queries.summary(before)}
        return Response({**about(now.window), **queries.summary(now), "previous": previous})

    @extend_schema(summary="One number over time", parameters=[TimeseriesQuery], responses=answers.TimeseriesSerializer)
    @action(detail=False)
    def timeseries(self, request: Request, **kwargs: Any) -> Response:
        """One `metric` by `bucket` of time, without gaps."""
        query = asked(TimeseriesQuery, request)
        window, bucket = query["window"], query["bucket"]
        source, kept = source_by_time(request.user, window, bucket)
        values = [
            {**value, "at": timezone.make_aware(value["at"], timezone.get_default_timezone())}
            for value in queries.timeseries(source, query["metric"], kept)
        ]
        said = {**about(source.window), "metric": query["metric"], "bucket": kept}
        return Response({**said, "widened": source.window.widened or kept != bucket, "values": values})

    @extend_schema(summary="How each endpoint does", parameters=[EndpointsQuery], responses=answers.EndpointsSerializer)
    @action(detail=False)
    def endpoints(self, request: Request, **kwargs: Any) -> Response:
        """How each endpoint does; `order` is requests, slowest, errors, query_ms or queries; `category` is that of the
        requests."""
        query = asked(EndpointsQuery, request)
        source = source_for(request.user, query["window"])
        chosen = {name: query[name] for name in ("order", "limit", "category") if name in query}
        rows = queries.endpoints(source, **chosen)
        return Response({**about(source.window), "endpoints": rows})

    @extend_schema(summary="Who was most active", parameters=[UsersQuery], responses=answers.UsersSerializer)
    @action(detail=False)
    def users(self, request: Request, **kwargs: Any) -> Response:
        """Who was most active: accounts, by whole days; or with `by=name` the names that events carry, exactly in the
        window, of which the last 31 days are counted."""
        query = asked(UsersQuery, request)
        source = source_for(request.user, query["window"])
        if query["by"] == "name":
            source = only(source.events, still_there(source))
            return told_of_people(source.window, users=queries.usernames(source, limit=query["limit"]))
        window = whole_days(source.window) if source.sees_all else source.window
        return told_of_people(window, users=queries.users(source, limit=query["limit"]))

    @extend_schema(summary="Failed sign-ins", parameters=[FailedLoginsQuery], responses=answers.FailedLoginsSerializer)
    @action(detail=False, url_path="failed-logins")
    def failed_logins(self, request: Request, **kwargs: Any) -> Response:
        """By address, by name and by reason; with `min` only what failed so many times. Of the time that has events."""
        query = asked(FailedLoginsQuery, request)
        source = source_for(request.user, query["window"])
        rows = queries.failed_logins(source, limit=query["limit"], least=query["min"])
        return told_of_people(still_there(source), **rows)

    @extend_schema(summary="What each endpoint takes", parameters=[ListQuery], responses=answers.ResourcesSerializer)
    @action(detail=False)
    def resources(self, request: Request, **kwargs: Any) -> Response:
        """Processor, memory and database by endpoint and server."""
        query = asked(ListQuery, request)
        source = source_for(request.user, query["window"])
        return Response({**about(source.window), "resources": queries.resources(source, limit=query["limit"])})


def source_by_time(user: Any, window: Window, bucket: str) -> tuple[Source, str]:
    """The source, and the bucket that can be told apart: the older counts are, the coarser they are kept. Minutes are
    counted from the events themselves. Raises ValidationError where there would be too many."""
    if bucket == "minute":
        if window.end - window.begin > LONGEST_BY_MINUTE:
            raise ValidationError({"bucket": [_("By minute, ask for a day at most.")]})
        return only(within(Event.objects.visible_to(user), window), window), bucket
    by_hour_since = timezone.now() - STEPS[1].after
    kept = "day" if bucket == "hour" and window.begin < by_hour_since else bucket
    if (window.end - window.begin) / timedelta(hours=1) > MAX_BUCKETS and kept == "hour":
        raise ValidationError({"bucket": [_("That would be too many values: choose a longer bucket.")]})
    return source_for(user, window), kept
