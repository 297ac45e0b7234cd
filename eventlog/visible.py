"""Characters that show nothing, or turn what stands around them, made visible: what outsiders send must not disguise
itself. Escaping for HTML is `format_html`'s matter."""

import json
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext

KEPT: Final = "\t\n"
PICTURES: Final = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in KEPT}
NAMED: Final = (
    *range(0x80, 0xA0),  # C1
    *(0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x2060, 0xFEFF),
    *range(0x202A, 0x202F),  # the direction of writing, and its end
    *range(0x2066, 0x206A),
)
MAX_SHOWN: Final = 10_000  # characters of a text; all of it is in the raw event
TABLE: Final = {**PICTURES, 0x7F: "\u2421", **{code: f"⟨U+{code:04X}⟩" for code in NAMED}}


def visible(text: str) -> str:
    return text if text.isascii() and text.isprintable() else text.translate(TABLE)


def grouped(number: int) -> str:
    """`1,200`, or as the reader's language writes it."""
    return number_format(number, force_grouping=True)


def cut(text: str) -> str:
    if len(text) <= MAX_SHOWN:
        return text
    more = gettext("… of %(number)s characters") % {"number": grouped(len(text))}
    return f"{text[:MAX_SHOWN]} {more}"


def text_of(value: Any) -> str:
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def laid_out(value: Any) -> str:
    """On several lines."""
    return visible(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
