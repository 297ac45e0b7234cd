"""A file that is not read any further, and the bounds beyond which none is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000  # besides the headings, empty ones not counted
MAX_COLUMNS = 100
MAX_CHARACTERS = 1_000  # in one cell
MAX_LINES = 1_048_576  # empty ones counted: as many as a sheet of Excel has
MAX_CELLS = 2_000_000  # empty ones counted; twice what the rows and columns above have


class Refused(Exception):
    """`message` is for the user, in any language; `code` is for programs and tests."""

    def __init__(self, message: Any, *, code: str) -> None:
        super().__init__(code)
        self.message, self.code = message, code


def damaged() -> Refused:
    return Refused(_("The file is damaged or not a table that can be read."), code="damaged")


def too_large() -> Refused:
    return Refused(_("The file is larger than 10 MB."), code="too_large")


def too_much_inside() -> Refused:
    """A zip bomb, or a workbook with so much besides its table that it may as well be one."""
    return Refused(_("There is too much inside this file. Save the table alone in a new file."), code="bomb")


def formula(address: str) -> Refused:
    return Refused(_("%(cell)s holds a formula. Put its value there instead.") % {"cell": address}, code="formula")


def error_value(address: str) -> Refused:
    """`#N/A` and the like, which a formula leaves behind when its result is pasted."""
    words = _("%(cell)s holds an error of Excel. Put a value there instead.")
    return Refused(words % {"cell": address}, code="error_value")
