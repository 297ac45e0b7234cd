"""What the tests of numbers are given."""

import pytest

from eventlog.tests.analytics.samples import live


@pytest.fixture(params=range(2))
def site(request: pytest.FixtureRequest) -> None:
    """One that has been there for a month and a half."""
    live(request.param)
