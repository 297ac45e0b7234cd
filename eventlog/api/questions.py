"""The parameters of a question, checked."""

import math
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def asked(question: "type[serializers.Serializer[Any]]", request: Request) -> Mapping[str, Any]:
    """What `question` makes of the URL's parameters; empty ones count as not given. Raises ValidationError."""
    query = question(data={name: value for name, value in request.query_params.items() if value})
    query.is_valid(raise_exception=True)
    return query.validated_data  # type: ignore[no-any-return]


class NumberField(serializers.FloatField):
    """Python reads `nan` as a number, which is within any bounds."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value
