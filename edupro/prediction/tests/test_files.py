"""A tree's file is believed only if it is what was written."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from edupro.prediction import files
from edupro.prediction.errors import ModelDamaged
from edupro.prediction.models import ModelVersion

pytestmark = pytest.mark.django_db


def test_a_version_is_read_once(version: ModelVersion) -> None:
    with patch.object(files, "read", wraps=files.read) as read:
        assert files.load(version) is files.load(version)
    assert read.call_count == 1


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Rendah", b"Tinggi"))


def swell(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" " * files.MAX_BYTES)


@pytest.mark.parametrize("harm", [rewrite, swell, Path.unlink])
def test_another_file_is_refused(version: ModelVersion, harm: Callable[[Path], None]) -> None:
    harm(Path(version.file.path))
    with pytest.raises(ModelDamaged):
        files.load(version)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "models"])
def test_a_name_that_leads_elsewhere_is_refused(version: ModelVersion, name: str) -> None:
    version.file.name = name
    with pytest.raises(ModelDamaged):
        files.load(version)


def test_what_is_no_tree_is_refused_though_its_hash_is_right(version: ModelVersion) -> None:
    Path(version.file.path).write_bytes(b"{}")
    version.file_sha256 = files.sha256(b"{}")
    with pytest.raises(ModelDamaged):
        files.load(version)


def test_a_file_that_was_put_back_is_read_again(version: ModelVersion) -> None:
    path = Path(version.file.path)
    good = path.read_bytes()
    rewrite(path)
    with pytest.raises(ModelDamaged):
        files.load(version)
    path.write_bytes(good)
    assert files.load(version).classes
