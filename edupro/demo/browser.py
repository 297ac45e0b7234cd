"""What a visitor's browser does: a request as data, cookies, tokens, and the wire itself (`http.client`)."""

import base64
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from openpyxl import Workbook

TIMEOUT = 10  # seconds
BOUNDARY = "edupro-demo-7MA4YWxkTrZu0gW"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # with its query
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is 0 where no answer came."""

    status: int = 0
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The JSON object that it holds, else nothing."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def get(path: str, headers: Mapping[str, str] | None = None, **query: str | int) -> Request:
    return Request("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers or {})


def send_json(method: str, path: str, value: object, **headers: str) -> Request:
    return Request(method, path, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def send_form(path: str, fields: Mapping[str, object]) -> Request:
    return Request("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def send_file(method: str, path: str, *, field: str = "foto", name: str, content: bytes) -> Request:
    """As multipart."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    before, after = f"{head}Content-Type: application/octet-stream\r\n\r\n", f"\r\n--{BOUNDARY}--\r\n"
    body = before.encode() + content + after.encode()
    return Request(method, path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def picture(red: int, green: int, blue: int) -> bytes:
    """A PNG of 32 by 32 pixels in one colour."""
    rows = (b"\0" + bytes([red, green, blue]) * 32) * 32
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )


def workbook(*rows: Sequence[object]) -> bytes:
    """An Excel file."""
    book, content = Workbook(write_only=True), BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(content)
    return content.getvalue()


@dataclass
class Browser:
    """Keeps cookies and tokens as a browser or an app would; one thread uses it."""

    host: str
    port: int
    user_agent: str
    address: str = ""  # to call from; empty for whichever the system takes
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # access, refresh

    def headers_for(self, request: Request) -> dict[str, str]:
        """The request's own win."""
        headers = {"User-Agent": self.user_agent, "Accept": "*/*", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if request.method in UNSAFE and "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        if "access" in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access']}"
        return {**headers, **request.headers}

    def send(self, request: Request) -> Reply:
        """Never raises: a server that is gone is a reply with status 0."""
        source = (self.address, 0) if self.address else None
        connection = HTTPConnection(self.host, self.port, timeout=TIMEOUT, source_address=source)
        try:
            connection.request(request.method, request.path, request.body or None, self.headers_for(request))
            response = connection.getresponse()
            reply = Reply(response.status, response.read())
            self.remember(response.headers.get_all("Set-Cookie", []))
        except (OSError, HTTPException):
            return Reply()
        finally:
            connection.close()
        if reply.status == 401 and "Authorization" not in request.headers:
            self.tokens = {}  # expired or withdrawn: sign in again next time
        return reply

    def remember(self, set_cookies: list[str]) -> None:
        """An emptied cookie is one taken back."""
        for morsel in (morsel for text in set_cookies for morsel in SimpleCookie(text).values()):
            if morsel.value:
                self.cookies[morsel.key] = morsel.value
            else:
                self.cookies.pop(morsel.key, None)
