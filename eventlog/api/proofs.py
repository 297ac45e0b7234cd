"""What the proof of an event holds, for the API's description. `integrity/evidence.py` makes it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import APIException


class LogAltered(APIException):
    """What stands in the log is not what was signed."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("The log is not what was signed, so it proves nothing: eventlog_verify names what was altered.")
    default_code = "log_altered"


def hashed(help_text: str = "", **options: Any) -> serializers.CharField:
    return serializers.CharField(help_text=help_text or "In hexadecimal digits.", **options)


class PartSerializer(serializers.Serializer[Any]):
    columns = serializers.CharField(allow_null=True, help_text="Canonical JSON, as it is hashed; null if erased.")
    salt = hashed(allow_null=True)
    commitment = hashed("SHA-256 of salt and columns.")


class PathSerializer(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=0)
    size = serializers.IntegerField(min_value=1)
    path = serializers.ListField(child=serializers.CharField(), help_text="From the leaf to the root, RFC 6962.")


class SealedSerializer(PathSerializer):
    columns = serializers.CharField(help_text="Canonical JSON of the batch, as it is hashed.")
    seal = hashed()


class ProofSerializer(serializers.Serializer[Any]):
    format = serializers.CharField()
    id = serializers.UUIDField()
    facts = serializers.CharField(help_text="Canonical JSON of the columns that are nobody's own, as it is hashed.")
    actor = PartSerializer()
    subject = PartSerializer()
    digest = hashed("SHA-256 of both commitments and the facts.")
    batch = SealedSerializer()
    log = PathSerializer(allow_null=True)
    checkpoint = serializers.CharField(allow_null=True, help_text="A signed note.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Public keys; trust them from elsewhere.")
