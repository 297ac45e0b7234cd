"""What may be uploaded at all, to any page: a file that is too large takes up no room."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from edupro.school.exchange.refusal import MAX_BYTES


class BoundedUploads(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS: beyond `MAX_BYTES` a file's bytes are read, as the form behind it needs its
    other fields, but neither kept in memory nor written. What came is empty then, and its `size` tells that it was
    too large.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.too_large = start + len(raw_data) > MAX_BYTES
        return None if self.too_large else raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """An answer here ends the search for who has kept the file; the others clear away what they have of it."""
        if not self.too_large:
            return None
        return UploadedFile(BytesIO(), self.file_name, self.content_type, file_size, self.charset)
