"""From what stands in a cell to a field's value, and back to what people read."""

import re
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db.models import DateField, Field, IntegerField, TextField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
NUMBER = re.compile(r"(?P<whole>[+-]?[0-9]{1,18})(?:[.,](?P<part>[0-9]{1,18}))?")
GROUPED = re.compile(  # 1.250.000 or 1,250,000.00
    r"(?P<whole>[0-9]{1,3}(?P<by>[.,])[0-9]{3}(?:(?P=by)[0-9]{3}){0,4})(?:(?!(?P=by))[.,]0+)?"
)
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SHOWN_CHARACTERS = 100


def clean(field: "Field[Any, Any]", raw: Any) -> Any:
    """The value as the model takes it. Raises ValidationError, with every reason."""
    value = parse(field, raw)
    value = field.clean(value, None)
    if isinstance(field, TextField) and field.max_length:  # which Django leaves to forms
        MaxLengthValidator(field.max_length)(value)
    return value


def parse(field: "Field[Any, Any]", raw: Any) -> Any:
    if isinstance(field, DateField):
        return day(raw)
    if isinstance(field, IntegerField):
        return whole(raw)
    text = text_of(raw)
    return choice(field, text) if field.choices else text


def text_of(raw: Any) -> str:
    """Excel makes numbers of what looks like one; a date that it has made of a class cannot be undone."""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        raise ValidationError(_("This is no text. Format the column as text and write it again."), code="no_text")
    text = str(raw).strip()
    if INVISIBLE.search(text):
        raise ValidationError(_("There is an invisible character in this text."), code="invisible")
    return text


def whole(raw: Any) -> int:
    """`80`, `80.0`, `"80"`, `"80,0"`, `"1.250.000"`, `"Rp 1.250.000"`."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        if isinstance(raw, int) or raw.is_integer():
            return int(raw)
    elif isinstance(raw, str):
        text = raw.strip().removeprefix("Rp").lstrip(". ")
        if grouped := GROUPED.fullmatch(text):
            return int(grouped["whole"].replace(grouped["by"], ""))
        found = NUMBER.fullmatch(text)
        if found and not (found["part"] or "").strip("0"):
            return int(found["whole"])
    raise ValidationError(_("Write a whole number."), code="whole_number")


def day(raw: Any) -> date:
    """A date of Excel, `21/03/2010` or `2010-03-21`."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    found = DAY_FIRST.fullmatch(text) or YEAR_FIRST.fullmatch(text)
    if found is None:
        raise ValidationError(_("Write the date as 21/03/2010 or 2010-03-21."), code="date")
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise ValidationError(_("There is no such day."), code="date") from None


def choice(field: "Field[Any, Any]", text: str) -> str:
    """By the value or by its label in any language, in capitals or not."""
    offered = {str(value): label for value, label in field.flatchoices}
    if text in offered:
        return text
    for value, label in offered.items():
        if text.casefold() in {value.casefold(), *labels(label)}:
            return value
    values = ", ".join(value for value in offered if value)
    raise ValidationError(_("Choose one of: %(values)s."), code="choice", params={"values": values})


def labels(label: str | Promise) -> set[str]:
    """A choice's label in each language."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(str(label).casefold())
    return found


def comparable(value: Any) -> Any:
    """What two values are compared by: a file keeps neither white space around a text nor how its lines end."""
    if not isinstance(value, str):
        return value
    return INVISIBLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def shown(value: Any) -> str:
    """For messages and previews; dates as they are written here."""
    if value is None:
        return ""
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)[:SHOWN_CHARACTERS]
