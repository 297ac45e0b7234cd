"""Events and questions about them as the API has them."""

from typing import Any

from django.db import models
from rest_framework import serializers

from eventlog import catalog
from eventlog.models import Event


class HexField(serializers.Field[Any, Any, str, Any]):
    """Bytes as hexadecimal text."""

    def to_representation(self, value: Any) -> str:
        return bytes(value).hex()


class EventSerializer(serializers.ModelSerializer[Event]):
    """The columns of the table by their names; the actor is `user_id`, because the account may be gone.

    But for the salts: with them, names could be guessed from the commitments that outlive an erasure.
    """

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.BinaryField: HexField}

    class Meta:
        model = Event
        fields = [field.attname for field in Event._meta.concrete_fields if not field.name.endswith("_salt")]
        read_only_fields = fields


class RecentQuery(serializers.Serializer[Any]):
    """What `recent` may be asked."""

    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    category = serializers.ChoiceField(choices=list(catalog.CATEGORIES.items()), required=False)
