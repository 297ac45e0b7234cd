"""The documentation in a browser, so that whatever names a section of it leads there. For whoever has signed in."""

import re
from functools import cache
from mimetypes import guess_type
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils._os import safe_join
from markdown_it import MarkdownIt

BESIDE = ("README.md", "CHANGELOG.md")  # of what is not in docs/
INDONESIAN = ("pengguna.md", "pelatihan.md")


@login_required
def guide(request: HttpRequest, name: str) -> HttpResponseBase:
    """A page under the name of its file, so that the links among them hold as they stand; pictures as they are."""
    path = file_of(name)
    if path.suffix != ".md":
        kind = guess_type(path.name)[0] or ""
        return FileResponse(path.open("rb"), content_type=kind if kind.startswith("image/") else "text/plain")
    text = path.read_text(encoding="utf-8")
    told = {"title": text.partition("\n")[0].lstrip("# "), "page": html_of(text)}
    return render(request, "docs/guide.html", {**told, "language": "id" if path.name in INDONESIAN else "en"})


def file_of(name: str) -> Path:
    """Raises Http404 for what is no part of the documentation."""
    try:
        path = Path(safe_join(settings.BASE_DIR, name))
    except (SuspiciousFileOperation, ValueError):  # the second for NUL
        raise Http404 from None
    is_ours = name in BESIDE or (settings.BASE_DIR / "docs") in path.parents
    if not is_ours or not path.is_file():
        raise Http404
    return path


@cache
def html_of(text: str) -> str:
    """Of a page of our own, whose HTML is let through; each heading has the anchor that links to it name."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    seen = dict[str, int]()
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(inline.content, seen))
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def anchor(heading: str, seen: dict[str, int]) -> str:
    """As GitHub makes them: lower case, no punctuation, a number behind what is there twice; `seen` remembers."""
    words = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading)
    plain = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
    number = seen[plain] = seen.get(plain, -1) + 1
    return f"{plain}-{number}" if number else plain
