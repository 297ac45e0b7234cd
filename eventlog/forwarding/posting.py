"""A POST to somebody else's server, which cannot be led to our own.

Names are looked up once, and what is connected to is the address that was looked at: a name that leads elsewhere the
second time is of no use. Redirects are not followed.
"""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from typing import Final
from urllib.parse import SplitResult

from eventlog.forwarding.sinks import Gone, Refused

HTTP_GONE: Final = 410
PORTS: Final = {"https": 443, "http": 80}
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
UNICAST: Final = ipaddress.ip_network("2000::/3")  # of IPv6 the internet uses no other; some lead to IPv4, or are local
IPV4: Final = 4
MOST_ADDRESSES: Final = 2  # of a name that are tried, since each may take `timeout` to say nothing
MOST_STEPS: Final = 3  # times `timeout`, for all of it: a receiver may drip
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Receiver:
    """`private` allows addresses that are not the internet's; `timeout` is in seconds, of each step."""

    url: SplitResult
    private: bool = False
    timeout: float = 10.0

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Returns once it is taken. Raises Refused, and Gone."""
        try:
            status = self.status_of(body, headers)
        except (OSError, HTTPException, UnicodeError) as error:  # the last of a name that no server can have
            raise Refused(f"{type(error).__name__}: {error}") from error
        if status == HTTP_GONE:
            raise Gone("It answered 410: it wants no more.")
        if not 200 <= status < 300:
            redirected = ", and redirects are not followed" if 300 <= status < 400 else ""
            raise Refused(f"It answered {status}{redirected}.")

    def status_of(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, whose body is not read."""
        connection = self.connection()
        too_long = Event()
        end = Timer(self.timeout * MOST_STEPS, cut_off, [connection, too_long])
        end.daemon = True
        try:
            connection.sock = self.connected()
            end.start()
            target = self.url.path or "/"
            connection.request("POST", f"{target}?{self.url.query}" if self.url.query else target, body, headers)
            status = connection.getresponse().status
            if too_long.is_set():
                raise TimeoutError("its answer does not end")
            return status
        finally:
            end.cancel()
            connection.close()

    def connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self.url.scheme == "https" else HTTPConnection
        return kind(self.url.hostname or "", self.url.port, timeout=self.timeout)

    def connected(self) -> socket.socket:
        """To the first of its addresses that answers and may be asked."""
        plain = self.connected_plainly()
        if self.url.scheme != "https":
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self.url.hostname)
        except BaseException:
            plain.close()
            raise

    def connected_plainly(self) -> socket.socket:
        port = self.url.port or PORTS[self.url.scheme]
        found = [place[:2] for *_kind, place in socket.getaddrinfo(self.url.hostname, port, type=socket.SOCK_STREAM)]
        allowed = [place for place in found if self.private or is_public(str(place[0]))][:MOST_ADDRESSES]
        if not allowed:
            raise Refused(f'{found[0][0]} is not an address of the internet; "private": true allows it.')
        for place in allowed[:-1]:
            try:
                return socket.create_connection((str(place[0]), int(place[1])), self.timeout)
            except OSError:
                continue
        return socket.create_connection((str(allowed[-1][0]), int(allowed[-1][1])), self.timeout)


def cut_off(connection: HTTPConnection, too_long: Event) -> None:
    """Whoever waits for it sees it end, which alone might be taken for an answer."""
    too_long.set()
    try:
        connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def is_public(address: str) -> bool:
    known = inner(ipaddress.ip_address(address))
    is_used = known.version == IPV4 or known in UNICAST
    return is_used and known.is_global and not known.is_multicast


def inner(address: Address) -> Address:
    """The IPv4 address to which an IPv6 one leads, whatever the way."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
