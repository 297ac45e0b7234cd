"""Events and questions about them as the API has them."""

from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventlog import catalog
from eventlog.api.questions import NumberField
from eventlog.export.rows import COLUMNS
from eventlog.models import Event


@extend_schema_field(OpenApiTypes.STR)
class HexField(serializers.Field[Any, Any, str, Any]):
    """Bytes as hexadecimal text."""


class EventSerializer(serializers.ModelSerializer[Event]):
    """The columns of the table by their names; the actor is `user_id`, because the account may be gone.

    But for the salts: with them, names could be guessed from the commitments that outlive an erasure. Tracebacks and
    what proves an event are empty for those who may not see SECURITY.
    """

    # This describes; what is sent are rows (`export.rows`), since objects and fields would take ten times as long.
    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.BinaryField: HexField}

    class Meta:
        model = Event
        fields = list(COLUMNS)
        read_only_fields = fields


class ContinuedSerializer(serializers.Serializer[Any]):
    """What was stored since."""

    results = EventSerializer(many=True)
    after = serializers.CharField(help_text="Where to go on.")


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
    after = serializers.CharField(max_length=100, required=False, allow_blank=True)  # empty: not given
