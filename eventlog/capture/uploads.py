"""Uploads while they stream in: what has begun, how much of it came, its SHA-256; of the content nothing is kept.

One hook: Django's multipart parser, which REST framework uses as well. While it runs it has one more upload handler,
before all others, so that what they make of a file or refuse of it changes nothing here. The request's own
`upload_handlers` are never touched: a view reads, empties and replaces them as without us.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser

from eventlog.capture.refusals import Refusal
from eventlog.capture.requests import current_visit


@dataclass(slots=True)
class Upload:
    """One file, as far as it has come. `size` in bytes; `whole` once its end was seen."""

    field_name: str
    name: str
    content_type: str
    size: int = 0
    whole: bool = False
    digest: Any = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class Uploads:
    """What one run of the parser has found; `refusal` where an error has ended it."""

    begun: list[Upload] = field(default_factory=list)
    refusal: Refusal | None = None


class Hasher(FileUploadHandler):
    """Notes each file in `begun`, and passes all of it on."""

    def __init__(self, begun: list[Upload]) -> None:
        super().__init__()
        self.begun = begun

    def new_file(self, field_name: str, file_name: str, content_type: str, *args: Any, **kwargs: Any) -> None:
        self.begun.append(Upload(field_name, file_name, content_type))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        upload = self.begun[-1]
        upload.digest.update(raw_data)
        upload.size += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        self.begun[-1].whole = True


def wrap() -> None:
    plain: Callable[[MultiPartParser], Any] = MultiPartParser.parse
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def parse(self: Any) -> Any:
        visit = current_visit()
        if visit is None:
            return plain(self)
        uploads = visit.uploads = Uploads()
        self._upload_handlers = [Hasher(uploads.begun), *self._upload_handlers]
        try:
            return plain(self)
        except Exception as fault:
            uploads.refusal = Refusal(type(fault).__qualname__, str(fault))
            raise

    MultiPartParser.parse = parse  # type: ignore[method-assign]
