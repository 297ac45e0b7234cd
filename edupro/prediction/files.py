"""The trees' files: written once, read only if they are what was written."""

import hashlib
from functools import lru_cache

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile

from edupro.prediction.errors import ModelDamaged
from edupro.prediction.models import ModelVersion
from edupro.prediction.tree import Malformed, Tree, from_json
from eventlog.ml import MLRun, ml_run

MAX_BYTES = 4 << 20  # of a file that is read; a tree of a thousand leaves has 200 KB


def save(version: ModelVersion, tree: Tree, told: MLRun) -> None:
    """Write the file and set its columns; the row itself is the caller's to save."""
    content = tree.to_json()
    version.file_sha256 = sha256(content)
    told.version = version.number
    told.facts(sha256=version.file_sha256, bytes=len(content))
    version.file.save(f"prestasi-{version.number}.json", ContentFile(content), save=False)


def load(version: ModelVersion) -> Tree:
    """The version's tree; read once a process. Raises ModelDamaged."""
    return _loaded(version.number, version.file.name or "", version.file_sha256)


@lru_cache(maxsize=4)
def _loaded(number: int, name: str, expected: str) -> Tree:
    with ml_run("prestasi", kind="load") as run:
        run.version = number
        run.facts(expected_sha256=expected)
        content = read(name)
        if sha256(content) != expected:
            run.facts(found_sha256=sha256(content))
            raise ModelDamaged
        try:
            return from_json(content)
        except Malformed as error:
            raise ModelDamaged from error


def read(name: str) -> bytes:
    """Raises ModelDamaged where there is no such file."""
    storage = ModelVersion._meta.get_field("file").storage
    try:
        with storage.open(name) as file:
            content: bytes = file.read(MAX_BYTES)
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise ModelDamaged from error
    return content


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


forget = _loaded.cache_clear  # what was read; for tests, and after a file was put back
