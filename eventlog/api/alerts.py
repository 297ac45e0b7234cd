"""The REST resource of alerts: read by those who may see SECURITY, changed by those who look after them. A hidden alert
is a 404."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from eventlog.alerts import triage, wording
from eventlog.alerts.refusing import NotByHim, NotPossible
from eventlog.alerts.triage import people
from eventlog.api.filters import AlertFilter
from eventlog.api.pagination import CursorPagination
from eventlog.api.permissions import CanViewSecurity
from eventlog.models import Alert, AlertQuerySet, EventNotification
from eventlog.models.alert import CHANGE, STATE_CHOICES
from eventlog.viewed import tell_answered

ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
NOTE = {
    "type": "object",
    "required": ["at", "username", "text"],
    "properties": {
        "at": {"type": "string", "format": "date-time"},
        "username": {"type": "string", "description": "Empty: by itself."},
        "from": {"type": "string", "description": "The state before, where it has changed."},
        "to": {"type": "string"},
        "text": {"type": "string"},
    },
}


class NotNow(APIException):
    """As the alert is, it cannot become that."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_possible"


@extend_schema_field({"type": "array", "items": NOTE})
class NotesField(serializers.JSONField):
    """What people have done and written, oldest first."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string", "format": "uuid"}})
class EvidenceField(serializers.DictField):
    """`first`, `last` and `worst`: ids of events, each once."""


class NotificationSerializer(serializers.ModelSerializer[EventNotification]):
    class Meta:
        model = EventNotification
        fields = ("channel", "kind", "state", "due_at", "attempts", "sent_at", "last_error")
        read_only_fields = fields


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert, in columns and in words."""

    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # fields have a property of this name
        help_text="What kind of thing it is, in the reader's language."
    )
    explanation = serializers.SerializerMethodField(help_text="One sentence about what happened.")
    advice = serializers.SerializerMethodField(help_text="What to do.")
    events = EvidenceField(source="evidence", child=serializers.UUIDField())
    notes = NotesField()

    class Meta:
        model = Alert
        fields = (
            *("id", "rule", "event_type", "target", "severity", "state", "label", "explanation", "advice"),
            *("first_seen", "last_seen", "finding_count", "event_count", "events", "data"),
            *("assignee_id", "assignee_name", "notes", "reason"),
            *("opened_at", "closed_at", "reopen_count", "updated_at"),
        )
        read_only_fields = fields

    def get_label(self, alert: Alert) -> str:
        return wording.label(alert)

    def get_explanation(self, alert: Alert) -> str:
        return wording.explanation(alert)

    def get_advice(self, alert: Alert) -> str:
        return wording.advice(alert)


class OneAlertSerializer(AlertSerializer):
    """And who was told of it."""

    notifications = NotificationSerializer(many=True, read_only=True)

    class Meta:
        model = Alert
        fields = (*AlertSerializer.Meta.fields, "notifications")
        read_only_fields = fields


class TriageSerializer(serializers.Serializer[Any]):
    """What is to become of an alert; what is not sent stays as it is."""

    state = serializers.ChoiceField(choices=STATE_CHOICES, required=False)
    assignee = serializers.PrimaryKeyRelatedField(
        queryset=people(), required=False, allow_null=True, help_text="The number of a user; null: nobody."
    )
    note = serializers.CharField(max_length=triage.MAX_NOTE, required=False, allow_blank=True)
    reason = serializers.CharField(
        max_length=triage.MAX_NOTE, required=False, allow_blank=True, help_text="Needed to close or to mute it."
    )
    mute_until = serializers.DateTimeField(
        required=False, help_text="Until then nothing more is told of its rule about its target."
    )


class AlertPagination(CursorPagination):
    orderings = ("-last_seen", "last_seen", "-opened_at", "opened_at")


class AlertViewSet(viewsets.GenericViewSet[Alert]):
    """What somebody should look at."""

    serializer_class = AlertSerializer
    permission_classes = [IsAuthenticated]
    throttle_scope = "events"
    pagination_class = AlertPagination
    filterset_class = AlertFilter
    filter_backends = [DjangoFilterBackend]
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def get_queryset(self) -> AlertQuerySet:
        return Alert.objects.visible_to(self.request.user)

    def get_permissions(self) -> list[Any]:
        listed = [CanViewSecurity()] if self.action == "list" else []
        return [*super().get_permissions(), *listed]

    @extend_schema(summary="List alerts")
    def list(self, request: Request) -> Response:
        """By cursor, those first that something was seen of last."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        tell_answered(request._request, 0, alerts=len(page))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="One alert", parameters=[ID], responses=OneAlertSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """With the notifications that went out, and those that did not."""
        alert = self.alert(id)
        tell_answered(request._request, 0, alert=id)
        return Response(OneAlertSerializer(alert, context=self.get_serializer_context()).data)

    @extend_schema(summary="Triage an alert", parameters=[ID], request=TriageSerializer, responses=OneAlertSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Acknowledge it, close it as resolved or as a false positive, open it again, give it to somebody, note
        something, mute its rule about its target. Each change is an event (`ALERT_UPDATED`). To close or to mute it
        takes a `reason`; that, and to acknowledge it, is refused (403) to whom the alert is about. 409 where the alert
        cannot become that."""
        alert = self.alert(id)
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        asked = TriageSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            alert = triage.change(alert.pk, triage.Change(**asked.validated_data), by=request.user)
        except NotByHim as no:
            raise PermissionDenied(str(no)) from None
        except NotPossible as no:
            raise (NotNow(str(no)) if no.field == "state" else ValidationError({no.field: [str(no)]})) from None
        return Response(OneAlertSerializer(alert, context=self.get_serializer_context()).data)

    def alert(self, key: str) -> Alert:
        found = self.get_queryset().filter(pk=UUID(key)).first()
        if found is None:
            raise Http404
        return found
