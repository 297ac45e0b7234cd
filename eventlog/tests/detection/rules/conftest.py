"""The rules' memories are of one test."""

from collections.abc import Iterator

import pytest

from eventlog.tests.detection.rules.scenes import forget


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget()
    yield
    forget()
