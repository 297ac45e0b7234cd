"""Rules for single values, for forms and the API alike; the database repeats those that it can express."""

import re
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

SCHOOL_YEAR = r"^[0-9]{4}/[0-9]{4}$"
MAX_PHOTO_BYTES = 2 * 1024 * 1024
JPEG = re.compile(rb"\xff\xd8\xff")
PHOTO_BEGINNINGS = {
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    ".webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),  # sounds and films are RIFF, too
}


def school_year(value: str) -> None:
    """`2025/2026`: two years, the second right after the first."""
    first, _slash, second = value.partition("/")
    years = first.isascii() and first.isdigit() and second.isascii() and second.isdigit()
    if not (years and len(first) == len(second) == 4 and int(second) == int(first) + 1):
        raise ValidationError(_("Write the school year as 2025/2026."), code="school_year")


def photo(file: "File[bytes]") -> None:
    """A JPEG, PNG or WebP of at most 2 MB, by its name and by its first bytes."""
    beginning = PHOTO_BEGINNINGS.get(Path(file.name or "").suffix.lower())
    if beginning is None:
        raise ValidationError(_("Choose a JPG, PNG or WebP file."), code="photo_extension")
    if file.size > MAX_PHOTO_BYTES:
        raise ValidationError(_("The file is larger than 2 MB."), code="photo_size")
    file.seek(0)
    if not beginning.match(file.read(12)):
        raise ValidationError(_("The file is not the kind of picture that its name says."), code="photo_content")
    file.seek(0)
