"""What may be uploaded at all, to any page: a file that is too large takes up no room."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from edupro.school.exchange.refusal import MAX_BYTES


class BoundedUploads(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS: of what goes beyond `MAX_BYTES` a file keeps so much that its size tells.

    The rest is read, as the form behind it needs its other fields and its sender an answer, but kept nowhere.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> Any:
        return None  # the next handlers have the file
