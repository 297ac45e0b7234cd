"""Values in free text whose name stands elsewhere than before a sign: in XML, multipart parts, name/value objects.

Linear in the input: what is looked at around a place is bounded, and every scan only moves forward.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from eventlog.privacy.pairs import PREFIXES, past, value_end
from eventlog.privacy.patterns import MASK

LABELS: Final = ("name", "field", "key", "path", "property", "param", "parameter", "attribute", "id", "type", "system")
VALUES: Final = ("value", "val", "new", "old", "new_value", "old_value", "newValue", "oldValue")
AROUND: Final = 300  # characters between a value and its label

_EOL: Final = r"(?:\r?\n|(?:\\r)?\\n)"  # or as `repr` writes it
_QUOTE: Final = r"""[\\"']{0,8}"""
_LABEL: Final = rf"""\b(?:{"|".join(LABELS)}){_QUOTE}\s{{0,4}}[=:]\s{{0,4}}{_QUOTE}([\w.:/\[\]~-]{{1,200}})"""
_LABELS: Final = re.compile(_LABEL)
_LABEL_AFTER: Final = re.compile(rf"[^{{}}<>]{{0,{AROUND}}}?{_LABEL}")
_VALUE: Final = re.compile(rf"\b(?:{'|'.join(VALUES)})({_QUOTE})\s{{0,4}}[=:]\s{{0,4}}")
_PART: Final = re.compile(
    r"""form-data;[^\r\n]{0,100}?\bname=[\\"']{0,8}([\w.:/\[\]~%-]{1,200}+)[^\r\n\\]{0,300}+\\?"?"""
    rf"(?:{_EOL}[^\r\n\\]{{1,300}}+){{0,5}}{_EOL}{_EOL}"
)
_EDGE: Final = re.compile(r"[{}<>]")
_PART_END: Final = re.compile(rf"(?={_EOL}--)|\Z")
_ATTRIBUTES: Final = r"""(?:\s{1,9}[\w:.-]{1,100}\s{0,9}=\s{0,9}(?:"[^"<]{0,500}"|'[^'<]{0,500}'))*"""
_ELEMENT: Final = re.compile(rf"<([\w-]{{1,200}}(?:[:.][\w-]{{1,200}})?)({_ATTRIBUTES})\s{{0,9}}>")
_TEXT: Final = re.compile(r"(?!\s)[^<]*+")  # after a space it is no value: "usage: login <email> now"


def mask_labelled(text: str, is_sensitive: Callable[[str], bool]) -> str:
    if "form-data" in text:
        text = _parts(text, is_sensitive)
    if "<" in text and ">" in text:
        text = _elements(text, is_sensitive)
    return _items(text, is_sensitive) if "val" in text or "new" in text or "old" in text else text


def _parts(text: str, is_sensitive: Callable[[str], bool]) -> str:
    """`form-data; name="password"`, an empty line, the value, up to the next boundary."""
    out, at = [], 0
    while part := _PART.search(text, at):
        ending = _PART_END.search(text, part.end())
        end = ending.start() if ending else len(text)
        out += [text[at : part.end()], MASK if is_sensitive(part[1]) and end > part.end() else text[part.end() : end]]
        at = end
    return "".join([*out, text[at:]])


def _elements(text: str, is_sensitive: Callable[[str], bool]) -> str:
    """`<password>…</password>` and `<field name="password">…</field>`; one that is never closed, up to the next tag."""
    out, done, at = [], 0, 0
    while element := _ELEMENT.search(text, at):
        at = element.end()
        if any(map(is_sensitive, [element[1], *_LABELS.findall(element[2])])):
            closing = text.find(f"</{element[1]}", at)
            end = closing if closing >= 0 else past(_TEXT, text, at)
            if text[at:end].strip():
                out += [text[done:at], MASK]
                done = at = end
    return "".join([*out, text[done:]]) if out else text


def _items(text: str, is_sensitive: Callable[[str], bool]) -> str:
    """`{"name": "password", "value": "…"}`, either way round, also cut off, and `<input name=… value=…>`."""
    out, done, at = [], 0, 0
    while value := _VALUE.search(text, at):
        at, listed = value.end(), bool(value[1])
        if any(map(is_sensitive, _labels_around(value))):
            end, quotes = value_end(text, at, listed=listed, tight=not listed)
            if end > at:
                out += [text[done:at], quotes, MASK, quotes.lstrip(PREFIXES)]
                done = at = end
    return "".join([*out, text[done:]]) if out else text


def _labels_around(value: re.Match[str]) -> Iterator[str]:
    """What the value is called, before it or after it in the same object or tag."""
    text, start, end = value.string, value.start(), value.end()
    yield from _LABELS.findall(_EDGE.split(text[max(0, start - AROUND) : start])[-1])
    piece = text[end : end + 2 * AROUND]
    if _LABELS.search(piece):
        after = _LABEL_AFTER.match(piece, value_end(piece, 0, listed=bool(value[1]), tight=not value[1])[0])
        yield from after.groups() if after else ()
