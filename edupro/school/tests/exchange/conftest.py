"""Tables as people and attackers send them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from openpyxl import Workbook
from pytest_django import Settings

Rows = Iterable[Sequence[Any]]


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever the language of the last request was: the middleware leaves it on."""
    with override("en"):
        yield


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def workbook(rows: Rows, name: str = "table.xlsx") -> SimpleUploadedFile:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(list(row))
    content = BytesIO()
    book.save(content)
    return SimpleUploadedFile(name, content.getvalue())


def delimited(rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> SimpleUploadedFile:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return SimpleUploadedFile("table.csv", text.getvalue().encode(encoding))
