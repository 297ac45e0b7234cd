"""What an import takes and answers, for the API's description."""

from typing import Any

from rest_framework import serializers


class ImportSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="The table: CSV or an Excel workbook (xlsx), with headings.")
    plan = serializers.CharField(
        required=False, allow_blank=True, help_text="The fingerprint of a dry run: nothing else than that is done."
    )


class ChangedValueSerializer(serializers.Serializer[Any]):
    column = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class ChangedRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Of the table, headings included.")
    action = serializers.CharField()
    key = serializers.DictField(help_text="What names the record.")
    values = ChangedValueSerializer(many=True)


class MistakeSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    column = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """What was done; of a dry run also what would be, and what hinders it."""

    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by what is done with them.")
    plan = serializers.CharField(required=False, help_text="The fingerprint to send along.")
    changes = ChangedRowSerializer(many=True, required=False)
    mistakes = MistakeSerializer(many=True, required=False)
    mistakes_total = serializers.IntegerField(required=False)
