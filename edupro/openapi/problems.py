"""The bodies of answers that refuse something (RFC 9457), as the description has them."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from edupro.errors import PROBLEM_JSON

WHY = {
    400: "Some value is not right: `errors` says which, by its name, and why.",
    401: "Nobody is signed in, or what was sent to sign in is wrong or too old.",
    403: "The account may not do this, has to set a password of its own first, or the CSRF token is wanting.",
    404: "There is no such thing, or it is not for this account to see: the two are not told apart.",
    406: "The client accepts no format that there is.",
    409: "Somebody else has changed this at the same moment, or something has to happen first: `code` says which.",
    413: "The request is larger than what is taken.",
    415: "The body is of a kind that is not understood here.",
    422: "Everything is well-formed, but it cannot be done: `code` says why.",
    429: "Too many requests of this kind. `Retry-After` says in how many seconds there is room again.",
    501: "This server cannot do it; `detail` says what can be asked instead.",
    503: "It cannot be done for now: `code` says why. Try again later.",
}


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong. Some problems have further members, which say more about it."""

    type = serializers.CharField(help_text="Always `about:blank`: the status says it all.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The status code.", min_value=400, max_value=599)
    detail = serializers.CharField(help_text="What went wrong, for a person, in the language that was asked for.")
    instance = serializers.CharField(help_text="The path that was asked.")
    request_id = serializers.CharField(help_text="Also the header `X-Request-ID`: find the request by it in the log.")
    more = serializers.CharField(help_text="Where the documentation explains it: an address, or the section of a page.")
    code = serializers.CharField(required=False, allow_null=True, help_text="What went wrong, for a program.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the class has a property of this name, for its forms
        required=False, help_text="What is wrong with each value, by its name: texts, or an object with more."
    )


def problem(status: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=WHY[status])


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """For `extend_schema(responses=…)`: what a view answers besides what every view of its kind does."""
    return {(status, PROBLEM_JSON): problem(status) for status in statuses}
