"""Events and questions about them as the API has them."""

from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventlog import catalog
from eventlog.api.questions import NumberField
from eventlog.export.rows import COLUMNS, HIDDEN_INSIDES
from eventlog.models import Event


@extend_schema_field(OpenApiTypes.STR)
class HexField(serializers.Field[Any, Any, str, Any]):
    """Bytes as hexadecimal text."""

    def to_representation(self, value: Any) -> str:
        return bytes(value).hex()


class EventSerializer(serializers.ModelSerializer[Event]):
    """The columns of the table by their names; the actor is `user_id`, because the account may be gone.

    But for the salts: with them, names could be guessed from the commitments that outlive an erasure. Tracebacks and
    what proves an event are empty for those who may not see SECURITY.
    """

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.BinaryField: HexField}

    class Meta:
        model = Event
        fields = list(COLUMNS)
        read_only_fields = fields

    def to_representation(self, instance: Event) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not self.sees_insides():
            shown.update(HIDDEN_INSIDES)
        return shown

    def sees_insides(self) -> bool:
        """Permissions are looked up once a request: Django remembers them with the user."""
        request = self.context.get("request")
        return request is not None and request.user.has_perm("eventlog.view_security")


class SecurityQuery(serializers.Serializer[Any]):
    """What `security` may be asked."""

    hours = NumberField(min_value=0.01, max_value=24 * 366, default=24, help_text="How far back.")


class ActivityQuery(serializers.Serializer[Any]):
    """What `user-activity` may be asked."""

    days = serializers.IntegerField(min_value=1, max_value=366, default=30, help_text="How far back.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100, help_text="Events in the timeline.")


class RecentQuery(serializers.Serializer[Any]):
    """What `recent` may be asked."""

    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    category = serializers.ChoiceField(choices=list(catalog.CATEGORIES.items()), required=False)
    after = serializers.CharField(max_length=100, required=False)  # start, now, or where an answer ended
