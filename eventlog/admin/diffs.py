"""Two texts beside each other, with the words marked that are gone and that are new."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MAX_WORDS: Final = 400  # finding the difference takes time with the square of it
WORD: Final = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


def marked(old: str, new: str) -> tuple[str, str]:
    """Both as HTML; as they are where they have nothing in common, or are too long."""
    before, after = WORD.findall(old), WORD.findall(new)
    if max(len(before), len(after)) > MAX_WORDS or min(len(before), len(after)) < 2:
        return old, new
    found = SequenceMatcher(None, before, after, autojunk=False)
    if found.ratio() < 0.4:
        return old, new
    blocks = found.get_opcodes()
    return (
        pieces(((before[a:b], kind != "equal") for kind, a, b, _c, _d in blocks), "del"),
        pieces(((after[c:d], kind != "equal") for kind, _a, _b, c, d in blocks), "ins"),
    )


def pieces(parts: Iterator[tuple[Sequence[str], bool]], element: str) -> SafeString:
    texts = (("".join(words), differs) for words, differs in parts if words)
    return format_html_join("", "{}", ((mark(text, element) if differs else text,) for text, differs in texts))


def mark(text: str, element: str) -> SafeString:
    return format_html("<del>{}</del>" if element == "del" else "<ins>{}</ins>", text)
