"""How each view is described: DRF's part by drf-spectacular, and what is alike everywhere in EduPro."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import CharField

from edupro.errors import PROBLEM_JSON
from edupro.openapi.problems import problem

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
ANYTHING_OR_NULL = [{}, {"type": "null"}]
ACTIONS = {  # action -> in a few words, and in full
    "list": (
        "List",
        "A page of those that the account may see, narrowed by the parameters. `next` and `previous` are the addresses"
        " of the pages beside it.",
    ),
    "retrieve": ("Read one", "One of them."),
    "create": ("Add one", "Add one."),
    "update": ("Replace one", "Replace all of one's values."),
    "partial_update": ("Change one", "Change some of one's values; what is not sent stays as it is."),
    "destroy": ("Remove one", "Remove one."),
}


class Schema(AutoSchema):
    """Adds to each operation the problems that it can answer with, and says what it does."""

    @property
    def action(self) -> str:
        """Of a viewset; other views have none."""
        return getattr(self.view, "action", None) or ""

    def get_summary(self) -> str | None:
        return ACTIONS[self.action][0] if self.is_drfs_own() else super().get_summary()

    def get_description(self) -> str:  # type: ignore[override]
        said: str = super().get_description()
        return f"{ACTIONS[self.action][1]}\n\n{said}".strip() if self.is_drfs_own() else said

    def is_drfs_own(self) -> bool:
        """Whether it is an action of a viewset that DRF does, and so has no words for."""
        method = getattr(type(self.view), self.action, None) if self.action else None
        return self.action in ACTIONS and getattr(method, "__module__", "").startswith("rest_framework.")

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self.problem_statuses():
            if str(status) not in bodies:
                bodies[str(status)] = self.problem_body(status)
        if "429" in bodies:
            bodies["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "required": True}}
        return dict(sorted(bodies.items()))

    def _get_parameters(self) -> list[dict[str, Any]]:
        """An empty choice in the URL is none, as a form sends it."""
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for each in parameters:
            if each["in"] == "query" and "enum" in each["schema"] and "" not in each["schema"]["enum"]:
                each["schema"] = {**each["schema"], "enum": [*each["schema"]["enum"], ""], "minLength": 0}
        return parameters

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> dict[str, Any]:
        """Any JSON may be null, too; said twice, `oneOf` would refuse it. DRF takes a number for a text."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(field, CharField) and schema.get("type") == "string":
            schema = {**schema, "type": ["string", "number"]}
        return {name: value for name, value in schema.items() if (name, value) != ("oneOf", ANYTHING_OR_NULL)}

    def problem_body(self, status: int) -> Any:
        code = str(status)
        return self._get_response_for_code(problem(status), code, [PROBLEM_JSON])  # type: ignore[no-untyped-call]

    def problem_statuses(self) -> Iterator[int]:
        has_body = self.method in ("POST", "PUT", "PATCH")
        if has_body or any(parameter["in"] == "query" for parameter in self._get_parameters()):
            yield 400
        if self.view.get_authenticators():
            yield from (401, 403)
        if "{" in self.path:
            yield 404
        if self.method in UNSAFE and self.action:
            yield 409
        if has_body:
            yield 415
        if getattr(self.view, "throttle_scope", None):
            yield 429
        yield from getattr(self.view, "refusals", ())


class JWTScheme(OpenApiAuthenticationExtension):
    target_class = "edupro.people.authentication.JWTAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        said = "The `access` token from `POST /api/auth/login`. It lives for half an hour; `refresh` gives another."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": said}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "edupro.people.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        said = "Of the pages, from `/accounts/login/`. What changes something also needs the header `X-CSRFToken`."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": said}


class BasicScheme(OpenApiAuthenticationExtension):
    target_class = "edupro.people.authentication.BasicAuthentication"
    name = "basic"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "basic", "description": "Name and password with each request."}


def without_trailing_slash(endpoints: list[tuple[str, str, str, Any]], **kwargs: Any) -> list[Any]:
    """Every path answers with and without one; the description names each once."""
    return [(path.rstrip("/"), regex, method, callback) for path, regex, method, callback in endpoints]
