"""What checks have found."""

from typing import Any


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]
