"""Kinds of clients: what updates itself stays the same, what is another program does not."""

import pytest

from eventlog.detection.clients import client_of
from eventlog.tests.detection.rules.scenes import CHROME, FIREFOX, NEWER_CHROME, PHONE, SCRIPT


def test_a_version_is_no_other_client() -> None:
    assert client_of(CHROME) == client_of(NEWER_CHROME)


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        (CHROME, ("Chrome", "Windows")),
        (f"{CHROME} Edg/126.0", ("Edge", "Windows")),
        (PHONE, ("Chrome", "Android")),
        (FIREFOX, ("Firefox", "Linux")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", ("Safari", "iOS")),
        (SCRIPT, ("python-requests", "")),
        ("curl/8.5.0", ("curl", "")),
        ("", ("", "")),
    ],
)
def test_browser_and_system(agent: str, client: tuple[str, str]) -> None:
    assert client_of(agent) == client
