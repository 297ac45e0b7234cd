"""`import`, `export` and `template` beside a resource's list."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from edupro.api import Conflict
from edupro.errors import PROBLEM_JSON, problem_body
from edupro.openapi.problems import problems
from edupro.school.exchange import answers, applying, plan, table
from edupro.school.exchange.entities import BY_MODEL, Entity
from edupro.school.exchange.export import CONTENT_TYPES, Export
from edupro.school.exchange.plan import Plan
from edupro.school.exchange.preview import SHOWN_CHANGES, SHOWN_MISTAKES
from edupro.school.exchange.refusal import Refused
from edupro.school.permissions import ImportPermissions

SWITCH = {"1": True, "true": True, "": False, "0": False, "false": False}


class RefusedFile(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class FileNegotiation(BaseContentNegotiation):
    """`?format=` and `Accept` are about the file there; whatever else is answered, problems above all, is JSON."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        return renderers

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


FORMAT = OpenApiParameter("format", enum=list(CONTENT_TYPES), default="csv", description="Of the file.")
FILE = {(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()}
DRY_RUN = OpenApiParameter("dry_run", enum=["1", "true", "0", "false"], description="`1`: only tell, write nothing.")


class ExchangeMixin(GenericViewSet[Any]):
    """For a viewset of one of the kinds that `entities` knows; who may read or write there may do so by file."""

    @property
    def entity(self) -> Entity:
        return BY_MODEL[type(self).queryset.model]  # type: ignore[union-attr]  # whatever an action says

    @extend_schema(
        summary="Import a table",
        parameters=[DRY_RUN],
        request=answers.ImportSerializer,
        responses={200: answers.ImportedSerializer, **problems(422)},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        parser_classes=[MultiPartParser],
        permission_classes=[ImportPermissions],
    )
    def import_file(self, request: Request) -> Response:
        """Multipart, the table in `file`. `?dry_run=1` only tells what it would do, with a fingerprint; sent along as
        `plan`, nothing else than that will be done.
        """
        dry_run, file = switched_on(request, "dry_run"), uploaded(request)
        try:
            content = table.read(file, self.entity)
            if dry_run:
                return Response(told(plan.make(content, self.entity, user=request.user)))
            source = applying.source_of(file, file.name or "")
            expected = request.POST.get("plan", "")
            done = applying.run(content, self.entity, user=request.user, source=source, expected=expected)
        except Refused as refused:
            raise as_api_exception(refused) from None
        except applying.Changed:
            raise Conflict(_("The records have changed since the preview.")) from None
        except applying.Mistaken as mistaken:
            return mistakes_problem(request, mistaken.plan)
        return Response({"counts": done.counts})

    @extend_schema(summary="Export as a table", parameters=[FORMAT], responses=FILE)
    @action(detail=False, content_negotiation_class=FileNegotiation)
    def export(self, request: Request) -> StreamingHttpResponse:
        """`?format=csv` or `xlsx`, of the list as it is filtered, searched and ordered."""
        format = format_of(request)
        rows = self.filter_queryset(self.get_queryset())
        chosen = {name: str(value) for name, value in request.query_params.items() if name != "format" and value}
        return Export(self.entity, rows, chosen).response(format, method=request.method)

    @extend_schema(summary="An empty table to fill in", parameters=[FORMAT], responses=FILE, filters=False)
    @action(
        detail=False,
        content_negotiation_class=FileNegotiation,
        permission_classes=[IsAuthenticated],
        queryset=None,  # it shows no records
        serializer_class=None,
    )
    def template(self, request: Request) -> StreamingHttpResponse:
        """`?format=csv` or `xlsx`: an empty table with an example."""
        from edupro.school.exchange import template  # large: for those alone who deal with a file

        return template.response(self.entity, format_of(request))


def format_of(request: Request) -> str:
    format = request.query_params.get("format") or "csv"
    if format not in CONTENT_TYPES:
        raise exceptions.ValidationError({"format": [_("Choose csv or xlsx.")]})
    return format


def switched_on(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "").lower()
    if text not in SWITCH:
        raise exceptions.ValidationError({name: [_("Give 1 or 0.")]})
    return SWITCH[text]


def uploaded(request: Request) -> "UploadedFile[Any]":
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise exceptions.ValidationError({"file": [_("No file was submitted.")]})
    return file


def as_api_exception(refused: Refused) -> exceptions.APIException:
    if refused.code == "conflict":
        return Conflict()
    return RefusedFile(refused.message, code=refused.code)


def told(plan: Plan) -> dict[str, Any]:
    changes = [
        {
            "row": row.row,
            "action": row.kind,
            "key": dict(zip(plan.entity.key, row.key, strict=True)),
            "values": [{"column": one.column, "old": one.old, "new": one.new} for one in row.changes],
        }
        for row in plan.changed[:SHOWN_CHANGES]
    ]
    return {"counts": plan.counts, "plan": plan.fingerprint, "changes": changes, **mistakes(plan)}


def mistakes(plan: Plan) -> dict[str, Any]:
    shown = [
        {"row": one.row, "column": one.column, "value": one.value, "message": one.message}
        for one in plan.mistakes[:SHOWN_MISTAKES]
    ]
    return {"mistakes": shown, "mistakes_total": len(plan.mistakes)}


def mistakes_problem(request: Request, plan: Plan) -> Response:
    code = status.HTTP_422_UNPROCESSABLE_ENTITY
    detail = str(_("The file has mistakes, so nothing was written."))
    body = problem_body(request, code, detail, code="mistakes", counts=plan.counts, **mistakes(plan))
    return Response(body, status=code, content_type=PROBLEM_JSON)
