"""The pages of the documentation, taken apart: links, headings, code."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from edupro.guides import anchor

ROOT: Path = settings.BASE_DIR
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of code between fences; `line` is that of its first fence."""

    page: str
    line: int
    language: str
    code: str

    @property
    def first(self) -> str:
        return self.code.strip().partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """Without what is between fences."""
    return FENCE.sub("", text_of(page))


def blocks_of(page: Path) -> list[Block]:
    text = text_of(page)
    return [
        Block(name_of(page), text.count("\n", 0, found.start()) + 1, found[2], found[3])
        for found in FENCE.finditer(text)
    ]


def links_of(page: Path) -> list[str]:
    """Targets of links and pictures, those of reference style and HTML among them."""
    prose = re.sub(r"`[^`\n]*`", "", prose_of(page))
    inline = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", prose)
    return [
        *inline,
        *re.findall(r"^\[[^\]]+\]: (\S+)", prose, re.MULTILINE),
        *re.findall(r"(?:src|href)=\"([^\"]+)\"", prose),
    ]


def bold_of(page: Path) -> list[str]:
    """What is in bold, a line's end in it as a space."""
    return [" ".join(words.split()) for words in re.findall(r"\*\*([^*]+)\*\*", prose_of(page))]


@cache
def anchors_of(page: Path) -> set[str]:
    seen = dict[str, int]()
    headings = re.findall(r"^#{1,6} (.+)$", prose_of(page), re.MULTILINE)
    return {anchor(each, seen) for each in headings} | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text_of(page)))
