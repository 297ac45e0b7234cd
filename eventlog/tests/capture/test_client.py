"""Whose address it is: forwarded addresses count only as far as the proxies that report them are trusted."""

from collections.abc import Callable

import pytest
from django.test import RequestFactory

from eventlog.capture.client import address_of, forwarded_tags

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.7")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),  # the first was made up by the client
        ("198.51.100.9", "1.1.1.1", "198.51.100.9"),  # nobody trusted has said so
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # all of them ours: the one farthest away
        ("192.0.2.7", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("2001:db8:ffff::1", "2001:0db8:0000::0007", "2001:db8::7"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, garbage, 10.0.0.2", "10.0.0.2"),  # whoever wrote garbage is not trusted further
        ("10.0.0.1", "198.51.100.7, , 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", ",".join(["1.1.1.1"] * 5000 + ["198.51.100.7"]), "198.51.100.7"),
        ("10.0.0.1", "010.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("", "198.51.100.7", None),
        ("not an address", "198.51.100.7", None),
    ],
)
def test_the_address_is_the_first_from_the_right_that_is_no_proxy(
    event_log: Callable[..., None], peer: str, forwarded: str, address: str | None
) -> None:
    event_log(TRUSTED_PROXIES=PROXIES)
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("", "198.51.100.7", "198.51.100.7"),
        ("", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("", "198.51.100.7, garbage", None),
        ("", "", None),
        ("198.51.100.9", "1.1.1.1", "198.51.100.9"),  # did not come by the socket
    ],
)
def test_a_proxy_at_a_unix_socket_is_trusted_where_the_settings_say_so(
    event_log: Callable[..., None], peer: str, forwarded: str, address: str | None
) -> None:
    event_log(TRUSTED_PROXIES=["unix", "10.0.0.0/8"])
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == address


def test_without_trusted_proxies_nothing_forwarded_counts(event_log: Callable[..., None]) -> None:
    event_log(TRUSTED_PROXIES=())
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.9", HTTP_X_FORWARDED_FOR="1.1.1.1")
    assert address_of(request) == "198.51.100.9"


@pytest.mark.parametrize(
    ("forwarded", "tags"),
    [("", ()), ("1.1.1.1, [2001:db8::7]:443", ()), ("1.1.1.1, garbage", ("bad_address",)), (",", ("bad_address",))],
)
def test_garbage_that_is_forwarded_is_flagged(forwarded: str, tags: tuple[str, ...]) -> None:
    assert forwarded_tags(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)) == tags
