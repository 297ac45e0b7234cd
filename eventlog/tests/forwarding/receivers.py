"""Real receivers to forward to: a syslog server over TCP or TLS, a webhook's HTTP server."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


def parsed_frames(stream: bytes) -> list[bytes]:
    """The messages in a stream of octet-counted ones, as RFC 6587 section 3.4.1 says; the rest must be none."""
    messages = []
    while stream:
        length, _space, stream = stream.partition(b" ")
        assert length.isdigit() and length[:1] != b"0", length
        assert len(stream) >= int(length)
        messages.append(stream[: int(length)])
        stream = stream[int(length) :]
    return messages


@dataclass
class SyslogServer:
    """Reads each connection to its end; `refuse` closes at once, `hang` never answers the end."""

    context: ssl.SSLContext | None = None
    mode: str = "read"
    streams: list[bytes] = field(default_factory=list)
    listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def messages(self) -> list[bytes]:
        return [message for stream in self.streams for message in parsed_frames(stream)]

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _address = self.listener.accept()
                threading.Thread(target=self.take, args=[connection], daemon=True).start()

    def take(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.mode == "refuse":
                return
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            stream = b""
            while part := connection.recv(65536):
                stream += part
            self.streams.append(stream)
            if self.mode == "hang":
                time.sleep(30)
            if isinstance(connection, ssl.SSLSocket) and self.mode != "faked end":
                connection.unwrap()
            connection.close()


@contextmanager
def syslog_server(**options: Any) -> Iterator[SyslogServer]:
    server = SyslogServer(**options)
    try:
        yield server
    finally:
        server.listener.close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of our own for `localhost`, and a server's context with it."""
    if not shutil.which("openssl"):
        pytest.skip("apt-get install openssl")
    key, cert = folder / "key.pem", folder / "cert.pem"
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *new, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


@dataclass(frozen=True)
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookServer:
    """`answer` gives the status of the answer to each POST."""

    answer: Callable[[Post], int] = lambda post: 204
    posts: list[Post] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        mine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                mine.posts.append(post)
                self.send_response(mine.answer(post))
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?school=1"


@contextmanager
def webhook_server(**options: Any) -> Iterator[WebhookServer]:
    made = WebhookServer(**options)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
