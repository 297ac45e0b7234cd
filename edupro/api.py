"""What the REST API does alike everywhere: problem bodies, careful parsing, pages by cursor."""

from collections.abc import Mapping
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from psycopg2 import errors as postgres
from rest_framework import authentication, exceptions, parsers, renderers, status
from rest_framework.request import Request
from rest_framework.response import Response

from edupro.errors import PROBLEM_JSON, problem_body

MAX_BOUNDARY = 70  # characters, RFC 2046


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Somebody else has changed this at the same moment.")
    default_code = "conflict"


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, with the answer as a problem body.

    Members that DRF and simplejwt give by themselves (`detail`, `code`, `messages`) stay as they were.
    """
    from rest_framework.views import exception_handler  # which loads our parser, so not at the top

    response = exception_handler(_translated(exc), context)
    if response is None:
        return None
    response.data = problem_body(context["request"], response.status_code, **_members(response.data))
    response.content_type = PROBLEM_JSON
    return response


def _translated(exc: Exception) -> Exception:
    """What the client did wrong and DRF would let pass as a fault of ours."""
    if isinstance(exc, SuspiciousOperation):  # too many fields, a body that is too big
        return exceptions.ParseError(_("The request is too large.") if isinstance(exc, RequestDataTooBig) else None)
    if isinstance(exc, IntegrityError) and isinstance(
        exc.__cause__, (postgres.UniqueViolation, postgres.ForeignKeyViolation)
    ):  # two requests at once: the serializer has found nothing wrong
        return Conflict()
    return exc


def _members(data: Any) -> dict[str, Any]:
    """A dict with `detail` is one error; anything else is a validation's, by field."""
    if isinstance(data, dict) and isinstance(data.get("detail"), str):
        return {"code": getattr(data["detail"], "code", None), **data}
    errors = data if isinstance(data, dict) else {"non_field_errors": data}
    return {"detail": str(_("Some values are not right.")), "code": "invalid", "errors": errors}


class JSONParser(parsers.JSONParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A body nested thousands deep is the sender's mistake, not ours."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("The JSON is nested too deeply.")) from None


class MultiPartParser(parsers.MultiPartParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Django skips what is no part of a form; a body of which nothing is left was none."""
        form = super().parse(stream, media_type, parser_context)
        sent = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        empty = len("--") + MAX_BOUNDARY + len("--\r\n\r\n")
        if not form.data and not form.files and sent > empty:
            raise exceptions.ParseError
        return form


class EscapedJSONRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class JSONRenderer(renderers.JSONRenderer):
    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Half a surrogate pair has no UTF-8, but a message may quote one that was sent: then all is escaped."""
        try:
            return super().render(data, *args, **kwargs)
        except UnicodeEncodeError:
            return EscapedJSONRenderer().render(data, *args, **kwargs)


class BasicAuthentication(authentication.BasicAuthentication):
    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> tuple[AbstractBaseUser, None]:
        """PostgreSQL cannot even look for a name with NUL in it."""
        if "\x00" in userid:
            raise exceptions.AuthenticationFailed(_("Invalid username/password."))
        return super().authenticate_credentials(userid, password, request)
