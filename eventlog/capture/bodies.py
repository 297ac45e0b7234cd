"""A request's body, as the view read it: nothing is read that the view did not read.

JSON and plain bodies pass through a `Tee` that keeps the first `MAX_BODY_BYTES`; forms are taken as Django has parsed
them. Of files only name, size and type are kept.
"""

import json
import re
from contextlib import suppress
from typing import Any, TypeAlias

import orjson
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from eventlog.conf import conf

Tagged: TypeAlias = tuple[Any, tuple[str, ...]]  # a value in JSON types, and what was done to it
TEED = ("application/json", "text/json", "text/plain", "application/x-www-form-urlencoded")
CUT = "[cut]"
TEXT = "[text]"
FILES = "[files]"
UNPARSED = (SuspiciousOperation, ValueError, LookupError)  # too many fields; a charset that makes no text
_BIG_NUMBER = re.compile(r"\d{19}")
_COLON = re.compile(r'"\s*:')  # after each key, and perhaps inside a string


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
    if request.method in ("GET", "HEAD") or not conf.CAPTURE_BODIES or not is_kept(request.content_type or ""):
        return None
    stream = getattr(request, "_stream", None)
    if stream is None:
        return None
    teed = Tee(stream, conf.MAX_BODY_BYTES)
    request._stream = teed  # type: ignore[assignment]  # HttpRequest calls read and readline, nothing else
    return teed


def is_kept(content_type: str) -> bool:
    return content_type in TEED or content_type.endswith("+json")


def body_of(request: HttpRequest, teed: Tee | None) -> Tagged:
    """(body in JSON types or None, tags)."""
    if not conf.CAPTURE_BODIES:
        return None, ()
    if (form := parsed_form(request)) is not None:
        return form
    if teed is None or not teed.size:
        return None, ()
    if teed.size > teed.limit:
        return cut(teed.size)
    return parsed(bytes(teed.kept), request, whole=teed.size >= declared_length(request))


def cut(size: int) -> Tagged:
    return {CUT: f"{size} bytes"}, ("body_cut",)


def parsed_form(request: HttpRequest) -> Tagged | None:
    """The fields of a form, and its files by name, where Django has parsed it already."""
    post, files = request.__dict__.get("_post"), request.__dict__.get("_files")
    if not isinstance(post, MultiValueDict) or not (post or files):
        return None
    length = declared_length(request)
    if not files and length > conf.MAX_BODY_BYTES:
        return cut(length)
    fields, tags = bounded_lists(post)
    if files:
        fields[FILES] = [
            {"field": name, "name": file.name, "size": file.size, "type": file.content_type}
            for name, listed in files.lists()
            for file in listed
        ]
    return fields, tags


def bounded_lists(values: "MultiValueDict[str, Any]") -> tuple[dict[str, Any], tuple[str, ...]]:
    """({name: value, or list of values}, tags); names and values have at most `MAX_BODY_BYTES` characters in all."""
    left = conf.MAX_BODY_BYTES
    fields: dict[str, Any] = {}
    for name, listed in values.lists():
        left -= len(name) + sum(len(value) for value in listed if isinstance(value, str))
        if left < 0:
            fields[name[:200]] = CUT
            return fields, ("truncated",)
        fields[name] = listed[0] if len(listed) == 1 else listed
    return fields, ()


def declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def parsed(raw: bytes, request: HttpRequest, *, whole: bool) -> Tagged:
    if compression := request.META.get("HTTP_CONTENT_ENCODING"):
        return {CUT: f"{len(raw)} bytes, {compression[:40]}"}, ("binary",)  # never unpacked: it may be a bomb
    if request.content_type == "application/x-www-form-urlencoded":
        return parsed_pairs(raw, request)
    text, tags = decoded(raw, request)
    if request.content_type == "text/plain" or not whole:
        return {TEXT: text}, tags if whole else (*tags, "body_unread")
    try:
        value = loaded(text)
    except ValueError:
        return {TEXT: text}, (*tags, "bad_json")
    return value, (*tags, "duplicate_keys") if has_duplicate_keys(text, value) else tags


def loaded(text: str) -> Any:
    """Raises ValueError. orjson is quick, but makes a float of a whole number beyond 64 bits."""
    if _BIG_NUMBER.search(text):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return orjson.loads(text)


def parsed_pairs(raw: bytes, request: HttpRequest) -> Tagged:
    try:
        return bounded_lists(QueryDict(raw, encoding=request.encoding or "utf-8"))
    except UNPARSED:
        return {TEXT: raw.decode(errors="replace")}, ("unparsed",)


def decoded(raw: bytes, request: HttpRequest) -> tuple[str, tuple[str, ...]]:
    """As the view may have read it: names of fields that stay hidden in another encoding would not be masked."""
    try:
        return raw.decode(request.encoding or json.detect_encoding(raw)), ()
    except (ValueError, LookupError):
        return raw.decode(errors="replace"), ("bad_encoding",)


def has_duplicate_keys(text: str, value: Any) -> bool:
    """Whether a key stands twice in an object. Counting is quick and nearly always enough to say no."""
    return len(_COLON.findall(text)) != key_count(value) and repeats_a_key(text)


def key_count(value: Any) -> int:
    """Keys of all objects in `value`; a loop, since it may be nested deeper than calls can be."""
    count, left = 0, [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            count += len(item)
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
    return count


def repeats_a_key(text: str) -> bool:
    repeated = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in pairs}) < len(pairs)

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return repeated
