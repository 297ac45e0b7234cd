"""Where a POST may go: to the internet, and nowhere that a name has been bent to."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from eventlog.forwarding.posting import Receiver, is_public
from eventlog.forwarding.sinks import Refused
from eventlog.tests.forwarding.receivers import webhook_server


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
    ],
)
def test_addresses_that_are_none_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0"])
def test_old_spellings_of_an_address_are_the_address(host: str) -> None:
    with pytest.raises(Refused, match="is not an address of the internet"):
        Receiver(urlsplit(f"https://{host}/")).post(b"{}", {})


def answering(*addresses: str) -> Any:
    """A resolver that gives these, one more each time it is asked."""
    left = list(addresses)

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_a_name_that_changes_between_looks_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at, and found to be of the internet, is what is connected to."""
    tried: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", answering("93.184.215.14", "127.0.0.1"))
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Refused, match="ConnectionRefusedError"):
        Receiver(urlsplit("https://rebinding.example/")).post(b"{}", {})
    assert tried == ["93.184.215.14"]


def test_what_is_refused_is_not_even_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook_server() as server:
        accepted: list[Any] = []
        monkeypatch.setattr(server.server, "verify_request", lambda *args: accepted.append(args) or True)
        with pytest.raises(Refused, match="is not an address of the internet"):
            Receiver(urlsplit(server.url)).post(b"{}", {})
    assert accepted == []


def test_a_name_that_is_not_there_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Refused, match="gaierror"):
        Receiver(urlsplit("https://nowhere.example/")).post(b"{}", {})


def test_nor_is_one_that_no_server_can_have() -> None:
    with pytest.raises(Refused, match="UnicodeError"):
        Receiver(urlsplit("https://a..example/")).post(b"{}", {})


def test_of_a_name_with_many_dead_addresses_only_some_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        tried.append(address[0])
        raise TimeoutError

    many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"93.184.215.{number}", 443)) for number in range(50)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: many)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Refused):
        Receiver(urlsplit("https://many.example/")).post(b"{}", {})
    assert len(tried) == 2
