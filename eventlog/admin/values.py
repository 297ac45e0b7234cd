"""Values of a record in a cell or a sentence."""

from typing import Any, Final

from django.utils.translation import gettext, ngettext

from eventlog.visible import cut, grouped, text_of

MAX_ROWS: Final = 50  # of a table; nobody reads more, and the event keeps up to a thousand
ABSENT: Final = object()


def in_table(value: Any) -> str:
    if value is ABSENT:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict) and value.keys() == {"added"}:
        return gettext("added: %(keys)s") % {"keys": members(value["added"])}
    if isinstance(value, dict) and value.keys() == {"removed"}:
        return gettext("removed: %(keys)s") % {"keys": members(value["removed"])}
    return cut(text_of(value))


def members(keys: Any) -> str:
    """Of a relation."""
    if not isinstance(keys, list):
        return text_of(keys)
    shown = ", ".join(map(text_of, keys[:MAX_ROWS]))
    return " ".join(filter(None, (shown, more_words(len(keys) - MAX_ROWS))))


def more_words(number: int) -> str:
    if number <= 0:
        return ""
    return ngettext("and %(number)s more", "and %(number)s more", number) % {"number": grouped(number)}
