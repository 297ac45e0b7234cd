"""Predictions and trainings as JSON."""

from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers

from edupro.prediction import parameters, rights
from edupro.prediction.models import Prediksi, TrainingRun


class ParametersSerializer(serializers.Serializer[Any]):
    """What a training may be ordered with; all of it may be left out."""

    max_depth = serializers.IntegerField(required=False, min_value=parameters.DEPTHS[0], max_value=parameters.DEPTHS[1])
    min_samples_leaf = serializers.IntegerField(
        required=False, min_value=parameters.LEAVES[0], max_value=parameters.LEAVES[1]
    )
    class_weight = serializers.ChoiceField(choices=["balanced"], required=False, allow_null=True)


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    step_text = serializers.CharField(source="get_step_display", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True, default=None, allow_null=True)

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "status",
            "progress",
            "step",
            "step_text",
            "error",
            "version",
            "parameters",
            "created",
            "started",
            "ended",
        ]
        read_only_fields = fields


class StudentKeyField(serializers.CharField):
    """A student's id, as a number, or student number (nis), as text."""

    def to_internal_value(self, data: Any) -> Any:
        return data if type(data) is int else super().to_internal_value(data)

    def run_validators(self, value: Any) -> None:
        if isinstance(value, str):
            super().run_validators(value)


class PredictSerializer(serializers.Serializer[Any]):
    siswa = StudentKeyField(max_length=40)


class BatchSerializer(serializers.Serializer[Any]):
    kelas = serializers.CharField(required=False, max_length=20)


class PrediksiSerializer(serializers.ModelSerializer[Prediksi]):
    siswa_nis = serializers.CharField(source="siswa.nis", read_only=True)
    siswa_nama = serializers.CharField(source="siswa.nama", read_only=True)
    kelas = serializers.CharField(source="siswa.kelas", read_only=True)
    confidence = serializers.FloatField(read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    features = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Prediksi
        fields = [
            "id",
            "siswa",
            "siswa_nis",
            "siswa_nama",
            "kelas",
            "result",
            "confidence",
            "probabilities",
            "features",
            "version",
            "created",
            "created_by",
        ]
        read_only_fields = fields

    def get_features(self, prediksi: Prediksi) -> dict[str, Any]:
        """Without those that the reader may not know."""
        return {name: value for name, value in prediksi.features.items() if name not in self._hidden}

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return rights.hidden_from(self.context["request"].user)
