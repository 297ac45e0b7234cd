"""Training and predicting through the API."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from edupro.openapi.problems import problems
from edupro.prediction import answers, files, ordering, predicting, rights, serializers, wording
from edupro.prediction.features import Features
from edupro.prediction.filters import PrediksiFilter
from edupro.prediction.models import Prediksi, TrainingRun
from edupro.prediction.parameters import Parameters
from edupro.prediction.students import student
from edupro.school.models import Siswa
from edupro.school.permissions import ModelPermissions


def given(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


class TrainView(GenericAPIView[TrainingRun]):
    """POST orders a training; `Location` is where to see how far it is."""

    queryset = TrainingRun.objects.all()
    permission_classes = [ModelPermissions]
    serializer_class = serializers.TrainingRunSerializer

    @extend_schema(
        summary="Order a training",
        request=serializers.ParametersSerializer,
        responses={202: serializers.TrainingRunSerializer, **problems(409, 422, 503)},
    )
    def post(self, request: Request) -> Response:
        parameters = given(serializers.ParametersSerializer(data=request.data))
        run = ordering.order(by=request.user, parameters=Parameters(**parameters))
        location = reverse("prediction-run", kwargs={"id": run.pk}, request=request)
        return Response(
            self.get_serializer(run).data, status=status.HTTP_202_ACCEPTED, headers={"Location": str(location)}
        )


@extend_schema(summary="How far a training is")
class RunView(RetrieveAPIView[TrainingRun]):
    """Its state and progress; once it is done, the version that came of it."""

    queryset = TrainingRun.objects.select_related("version")
    permission_classes = [ModelPermissions]
    serializer_class = serializers.TrainingRunSerializer
    lookup_field = "pk"
    lookup_url_kwarg = "id"

    def get_object(self) -> TrainingRun:
        TrainingRun.objects.tell_lost()
        return super().get_object()


class PredictView(GenericAPIView[Prediksi]):
    """POST foretells one student's achievement and says by which way."""

    queryset = Prediksi.objects.all()
    permission_classes = [ModelPermissions]
    serializer_class = serializers.PrediksiSerializer

    @extend_schema(
        summary="Foretell one student's achievement",
        request=serializers.PredictSerializer,
        responses={200: answers.ExplainedSerializer, **problems(404, 409, 422, 503)},
        examples=[
            OpenApiExample("By id", {"siswa": 17}, request_only=True),
            OpenApiExample("By student number", {"siswa": "2026001"}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        key = given(serializers.PredictSerializer(data=request.data))["siswa"]
        siswa = student(Siswa.objects.visible_to(request.user), key)
        prediksi = predicting.predict_one(siswa, by=request.user)
        hidden = rights.hidden_from(request.user)
        tree = files.load(prediksi.version)
        explanation = wording.explanation(tree, Features(**prediksi.features), hidden=hidden)
        return Response({**self.get_serializer(prediksi).data, "explanation": explanation})


class BatchView(GenericAPIView[Prediksi]):
    """POST foretells the achievement of a class, or of all."""

    queryset = Prediksi.objects.all()
    permission_classes = [ModelPermissions]
    serializer_class = serializers.PrediksiSerializer

    @extend_schema(
        summary="Foretell the achievement of many",
        request=serializers.BatchSerializer,
        responses={200: answers.BatchSerializer, **problems(404, 409, 422, 503)},
        examples=[OpenApiExample("A class", {"kelas": "X-1"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        chosen = given(serializers.BatchSerializer(data=request.data))
        batch = predicting.predict_many(Siswa.objects.visible_to(request.user).filter(**chosen), by=request.user)
        return Response(
            {
                "batch": batch.key,
                "version": batch.version.number,
                "count": len(batch.made),
                "summary": batch.counts(),
                "without_marks": [siswa.nis for siswa in batch.without_marks],
                "results": self.get_serializer(batch.made, many=True).data,
            }
        )


@extend_schema(summary="What was foretold", responses={200: serializers.PrediksiSerializer(many=True), **problems(404)})
class HistoryView(ListAPIView[Prediksi]):
    """What was foretold, newest first; `?siswa=` (id or nis), `?kelas=`, `?result=`."""

    queryset = Prediksi.objects.all()
    permission_classes = [ModelPermissions]
    serializer_class = serializers.PrediksiSerializer
    filterset_class = PrediksiFilter
    filter_backends = [DjangoFilterBackend]

    def get_queryset(self) -> QuerySet[Prediksi]:
        return Prediksi.objects.visible_to(self.request.user).select_related("siswa", "version", "created_by")
