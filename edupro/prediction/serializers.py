"""Predictions and trainings as JSON."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
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
    version = serializers.IntegerField(source="version.number", read_only=True, default=None)

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


class StudentKeyField(serializers.Field[Any, Any, Any, Any]):
    """A student's id or number (nis)."""

    default_error_messages = {"invalid": _("Give a student's id or student number.")}

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("invalid")
        if isinstance(data, str) and (not data.strip() or "\0" in data):
            self.fail("invalid")
        return data.strip() if isinstance(data, str) else data

    def to_representation(self, value: Any) -> Any:
        return value


class PredictSerializer(serializers.Serializer[Any]):
    siswa = StudentKeyField()


class BatchSerializer(serializers.Serializer[Any]):
    kelas = serializers.CharField(required=False, max_length=20)


class PrediksiSerializer(serializers.ModelSerializer[Prediksi]):
    siswa_nis = serializers.CharField(source="siswa.nis", read_only=True)
    siswa_nama = serializers.CharField(source="siswa.nama", read_only=True)
    kelas = serializers.CharField(source="siswa.kelas", read_only=True)
    confidence = serializers.FloatField(read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    features = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None)

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
