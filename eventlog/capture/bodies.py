"""A request's body, as the view read it: nothing is read that the view did not read.

JSON and plain bodies pass through a `Tee` that keeps the first `MAX_BODY_BYTES`; forms are taken as Django has parsed
them. Of files only name, size and type are kept.
"""

import json
from typing import Any

import orjson
from django.http import HttpRequest, QueryDict

from eventlog.conf import conf

TEED = ("application/json", "application/problem+json", "text/plain", "application/x-www-form-urlencoded")
CUT = "[cut]"
TEXT = "[text]"
FILES = "[files]"


class Tee:
    """A request's stream that keeps a copy of the first `limit` bytes that are read through it."""

    def __init__(self, stream: Any, limit: int) -> None:
        self.stream = stream
        self.limit = limit
        self.kept = bytearray()
        self.size = 0

    def read(self, *size: int) -> bytes:
        return self._copied(self.stream.read(*size))

    def readline(self, *size: int) -> bytes:
        return self._copied(self.stream.readline(*size))

    def _copied(self, chunk: bytes) -> bytes:
        if len(self.kept) < self.limit:
            self.kept += chunk[: self.limit - len(self.kept)]
        self.size += len(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def tee(request: HttpRequest) -> Tee | None:
    """Put a tee into the request's stream, where there is a body of a kind that is kept."""
    if request.method in ("GET", "HEAD") or not conf.CAPTURE_BODIES or request.content_type not in TEED:
        return None
    stream = getattr(request, "_stream", None)
    if stream is None:
        return None
    teed = Tee(stream, conf.MAX_BODY_BYTES)
    request._stream = teed  # type: ignore[assignment]  # HttpRequest calls read and readline, nothing else
    return teed


def body_of(request: HttpRequest, teed: Tee | None) -> tuple[Any, tuple[str, ...]]:
    """(body in JSON types or None, tags)."""
    if not conf.CAPTURE_BODIES:
        return None, ()
    if form := parsed_form(request):
        return form, ()
    if teed is None or not teed.size:
        return None, ()
    if teed.size > teed.limit:
        return {CUT: f"{teed.size} bytes"}, ("body_cut",)
    return parsed(bytes(teed.kept), request)


def parsed_form(request: HttpRequest) -> dict[str, Any] | None:
    """The fields of a form, and its files by name, where Django has parsed it already."""
    post, files = request.__dict__.get("_post"), request.__dict__.get("_files")
    if not post and not files:
        return None
    length = declared_length(request)
    if not files and length > conf.MAX_BODY_BYTES:
        return {CUT: f"{length} bytes"}
    fields = bounded_lists(post) if post else {}
    if files:
        fields[FILES] = [
            {"field": name, "name": file.name, "size": file.size, "type": file.content_type}
            for name, listed in files.lists()
            for file in listed
        ]
    return fields


def bounded_lists(values: QueryDict) -> dict[str, Any]:
    """{name: value, or list of values}, in all at most `MAX_BODY_BYTES` characters."""
    left = conf.MAX_BODY_BYTES
    fields: dict[str, Any] = {}
    for name, listed in values.lists():
        fields[name] = listed[0] if len(listed) == 1 else listed
        left -= sum(len(value) for value in listed if isinstance(value, str))
        if left < 0:
            fields[name] = CUT
            break
    return fields


def declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def parsed(raw: bytes, request: HttpRequest) -> tuple[Any, tuple[str, ...]]:
    if request.content_type == "application/x-www-form-urlencoded":
        return bounded_lists(QueryDict(raw, encoding="utf-8", mutable=False)), ()
    if request.content_type == "text/plain" or request.META.get("HTTP_CONTENT_ENCODING"):
        return {TEXT: raw.decode(errors="replace")}, ()
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {TEXT: raw.decode(errors="replace")}, ("bad_json",)
    return value, ("duplicate_keys",) if has_duplicate_keys(raw, value) else ()


def has_duplicate_keys(raw: bytes, value: Any) -> bool:
    """Whether a key stands twice in an object. Counting is quick and nearly always enough to say no."""
    return raw.count(b'":') != key_count(value) and repeats_a_key(raw)


def key_count(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(key_count, value.values()))
    return sum(map(key_count, value)) if isinstance(value, list) else 0


def repeats_a_key(raw: bytes) -> bool:
    repeated = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in pairs}) < len(pairs)

    try:
        json.loads(raw, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return repeated
