"""Tables of Markdown."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell(str(each)) for each in line)} |\n" for line in lines)


def cell(text: str) -> str:
    """On one line, and with no bar of its own."""
    return " ".join(text.split()).replace("|", "\\|")
