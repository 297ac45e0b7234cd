"""What the API answers besides plain rows, for its description."""

from typing import Any

from rest_framework import serializers

from edupro.prediction.serializers import PrediksiSerializer


class ExplainedSerializer(PrediksiSerializer):
    explanation = serializers.ListField(child=serializers.CharField(), help_text="The way through the tree, in words.")

    class Meta(PrediksiSerializer.Meta):
        fields = [*PrediksiSerializer.Meta.fields, "explanation"]
        read_only_fields = fields


class BatchSerializer(serializers.Serializer[Any]):
    batch = serializers.UUIDField(help_text="What was foretold at once.")
    version = serializers.IntegerField(help_text="Of the model.")
    count = serializers.IntegerField()
    summary = serializers.DictField(child=serializers.IntegerField(), help_text="Students by band.")
    without_marks = serializers.ListField(
        child=serializers.CharField(), help_text="Student numbers of whom nothing can be foretold."
    )
    results = PrediksiSerializer(many=True)
