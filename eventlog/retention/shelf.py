"""Where the archive's files are: a folder, or any store that fsspec knows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from eventlog.conf import conf

PART: Final = ".part"
BLOCK: Final = 1 << 20


class Unusable(OSError):
    """ARCHIVE_DIR cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Paths are below `folder`, with slashes. All raise OSError."""

    files: Any
    folder: str

    def at(self, path: str) -> str:
        return f"{self.folder.rstrip('/')}/{path}"

    @contextmanager
    def written(self, path: str) -> Iterator[IO[bytes]]:
        """A file under a temporary name, whole on disk when the block ends."""
        where = self.at(path + PART)
        self.files.makedirs(where.rpartition("/")[0], exist_ok=True)
        with self.files.open(where, "wb") as file:
            yield file
            if isinstance(self.files, LocalFileSystem):
                file.flush()
                os.fsync(file.fileno())

    def rename(self, path: str) -> None:
        """Give the file that was written its name."""
        self.files.mv(self.at(path + PART), self.at(path))

    def opened(self, path: str) -> Any:
        return self.files.open(self.at(path), "rb")

    def sum(self, path: str) -> tuple[bytes, int]:
        """(SHA-256, bytes)."""
        summed, size = sha256(), 0
        with self.opened(path) as file:
            while block := file.read(BLOCK):
                summed.update(block)
                size += len(block)
        return summed.digest(), size

    def remove(self, path: str) -> None:
        """Under either name; it may be gone already."""
        for name in (path, path + PART):
            try:
                self.files.rm_file(self.at(name))
            except FileNotFoundError:
                continue


def shelf() -> Shelf:
    """Raises Unusable."""
    if not conf.ARCHIVE_DIR:
        raise Unusable("ARCHIVE_DIR is empty: archiving is off")
    try:
        return Shelf(*fsspec.core.url_to_fs(conf.ARCHIVE_DIR))
    except (ImportError, ValueError) as problem:  # such as: Install s3fs to access S3
        raise Unusable(f"ARCHIVE_DIR: {problem}") from problem
