"""How an event shows what was done to records, or which were looked at, in tables that a school's staff can read.

What is said here about many records, or about relations, lies in the event as `capture` keeps it:
`{field: {key: value}}`, `{"tags": {"added": [3]}}`, and beside them the words of `SHAPES` in `event_data`. Events by
hand may hold anything; what has another shape is shown as it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from django.contrib.admin import display
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.diffs import marked
from eventlog.admin.display import EMPTY, pretty, record_link
from eventlog.admin.naming import head, title
from eventlog.admin.values import ABSENT, MAX_ROWS, in_table, more_words
from eventlog.models import Event
from eventlog.privacy.opening import Covered
from eventlog.privacy.patterns import MASK
from eventlog.values import MASKED
from eventlog.visible import cut, grouped, text_of, visible

SHAPES: dict[str, type] = {  # in `event_data` of what is about records
    "count": int,
    "total": int,
    "page": int,
    "complete": bool,
    "created": int,
    "changed": int,
    "deleted": int,
    "conflicts": str,
    "keys": list,
    "filter": dict,
    "assigned": dict,
    "names": dict,
}
Row: TypeAlias = tuple[str, str, Any, Any]  # record's key, field, before, after


# --- what is said in `event_data` ---
def said(event: Event, name: str) -> Any:
    """None where it is not said, or in another shape than ours."""
    data = event.event_data if event.event_category == catalog.CRUD else None
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, SHAPES[name]) else None


@display(description=_("data"))
def other_data(event: Event) -> str:
    """What no other line of the page shows."""
    data = event.event_data
    if isinstance(data, dict) and not isinstance(data, Covered):
        data = {name: value for name, value in data.items() if name not in SHAPES or said(event, name) is None}
    return pretty(data)


@display(description=_("how many"))
def how_many(event: Event) -> str:
    """`25 of 300 records, page 2`."""
    count, total, page = (said(event, name) for name in ("count", "total", "page"))
    if count is None:
        return ""
    words = ngettext("%(number)s record", "%(number)s records", count) % {"number": grouped(count)}
    if total is not None and total > count:
        words = gettext("%(number)s of %(total)s records") % {"number": grouped(count), "total": grouped(total)}
    pages = [gettext("page %(number)s") % {"number": page}] if page else []
    return ", ".join([words, *pages, *parts(event)])


def parts(event: Event) -> Iterator[str]:
    """What became of them, where that differs from one to another."""
    for name, words in (
        ("created", gettext("%(number)s new")),
        ("changed", gettext("%(number)s changed")),
        ("deleted", gettext("%(number)s deleted")),
    ):
        if number := said(event, name):
            yield words % {"number": grouped(number)}
    if said(event, "complete") is False and (keys := said(event, "keys")):
        yield gettext("the first %(number)s of them are kept here") % {"number": grouped(len(keys))}
    if said(event, "conflicts"):
        updated = said(event, "conflicts") == "updated"
        yield gettext("those there already were changed") if updated else gettext("those there already were left alone")


@display(description=_("chosen by"))
def chosen_by(event: Event) -> str:
    """The filter of a list, or of a statement on many records."""
    asked = said(event, "filter")
    if asked is None:
        return ""
    return pairs(event, asked) if asked else gettext("no filter: all records")


@display(description=_("set to"))
def set_to(event: Event) -> str:
    return pairs(event, said(event, "assigned") or {})


def pairs(event: Event, values: Mapping[str, Any]) -> str:
    """One line each."""
    kind = event.entity_type
    lines = ((head(kind, name), in_words(kind, item)) for name, item in values.items())
    return format_html_join("", "<div>{} = <b>{}</b></div>", lines)


def in_words(kind: str, value: Any) -> str:
    """A value to compare with, or a condition in another: `(student number in = 1, 2)`."""
    if isinstance(value, dict):
        return f"({', '.join(f'{title(kind, name)} = {in_words(kind, item)}' for name, item in value.items())})"
    return ", ".join(in_words(kind, item) for item in value) if isinstance(value, list) else text_of(value)


@display(description=_("which"))
def which(event: Event) -> str:
    """The records, each leading to its own events."""
    keys = said(event, "keys")
    if not keys or not event.entity_type:
        return ""
    links = format_html_join(", ", "{}", ((record_link(event, str(key)),) for key in keys[:MAX_ROWS]))
    number = said(event, "count") if said(event, "complete") is False else None
    return format_html("{}{}", links, and_more((number or len(keys)) - MAX_ROWS))


def and_more(number: int) -> str:
    words = more_words(number)
    return format_html(' <span class="eventlog-quiet">{}</span>', words) if words else ""


# --- before and after ---
@display(description=_("changes"))
def changes(event: Event) -> str:
    """Before and after, side by side: of one record, what has changed first; of many, what has changed of each."""
    before, after = event.previous_values, event.new_values
    if before in EMPTY and after in EMPTY:
        return names_only(event)
    if covered := [values for values in (before, after) if isinstance(values, Covered)]:
        return format_html("<div>{}</div>{}", names_only(event), pretty(covered[0]))
    if not isinstance(before or {}, dict) or not isinstance(after or {}, dict):
        return pretty({"before": before, "after": after})
    if are_many(event):
        return table_of_many(event, before or {}, after or {})
    return table_of_one(event, before or {}, after or {})


def names_only(event: Event) -> str:
    fields = event.changed_fields
    if isinstance(fields, list) and all(isinstance(name, str) for name in fields):
        return format_html_join(", ", "{}", ((head(event.entity_type, name),) for name in fields))
    return pretty(fields)


def are_many(event: Event) -> bool:
    """Whether the values are by field and key; what is secret by its field's name is masked whole."""
    fields = [*(event.previous_values or {}).values(), *(event.new_values or {}).values()]
    many = event.event_type.endswith("_BULK_UPDATE") and not event.entity_id
    return many and all(isinstance(values, dict) or values == MASK for values in fields)


def table(heads: Iterable[str], rows: SafeString, style: str) -> SafeString:
    return format_html(
        '<table class="eventlog-changes {}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        style,
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        rows,
    )


ROW = '<tr class="{}"><th scope="row">{}</th><td data-title="{}">{}</td><td data-title="{}">{}</td></tr>'
ROW_OF_MANY = (
    '<tr class="eventlog-changed"><th scope="row" data-title="{}">{}</th><td data-title="{}">{}</td>'
    '<td data-title="{}">{}</td><td data-title="{}">{}</td></tr>'
)


def table_of_one(event: Event, before: dict[str, Any], after: dict[str, Any]) -> SafeString:
    heads = (gettext("Field"), gettext("Before"), gettext("After"))
    return table(heads, format_html_join("", ROW, rows_of_one(event, before, after)), "eventlog-one")


def rows_of_one(event: Event, before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    told = told_fields(event)
    names = said(event, "names") or {}
    fields = in_order(event, {**before, **after})
    rows = [(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in fields]
    changed = {name for name, old, new in rows if old != new or name in told}
    for name, old, new in sorted(rows, key=lambda row: row[0] not in changed):
        style = "eventlog-changed" if name in changed else "eventlog-same"
        was, now = beside(old, new)
        named = format_html("{} ({})", now, text_of(names[name])) if name in names else now
        yield style, head(event.entity_type, name), gettext("Before"), was, gettext("After"), named


def beside(old: Any, new: Any) -> tuple[str, str]:
    """Before and after, words that differ marked in texts."""
    if isinstance(old, str) and isinstance(new, str) and old != new:
        return marked(cut(visible(old)), cut(visible(new)))
    return in_table(old), in_table(new)


def table_of_many(event: Event, before: dict[str, Any], after: dict[str, Any]) -> SafeString:
    heads = (gettext("Record"), gettext("Field"), gettext("Before"), gettext("After"))
    rows = list(rows_of_many(event, before, after))
    cells = format_html_join("", ROW_OF_MANY, (titled(heads, event, row) for row in islice(rows, MAX_ROWS)))
    return format_html("{}{}", table(heads, cells, "eventlog-many"), and_more(len(rows) - MAX_ROWS))


def titled(heads: tuple[str, ...], event: Event, row: Row) -> Iterator[str]:
    key, field, old, new = row
    record = record_link(event, key) if event.entity_type else visible(key)
    cells = (record, head(event.entity_type, field), *beside(old, new))
    for title_of_cell, cell in zip(heads, cells, strict=True):
        yield title_of_cell
        yield cell


def rows_of_many(event: Event, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Row]:
    """What was assigned to all is not said again for each; masks look alike and tell nothing about what they hide."""
    assigned = said(event, "assigned") or {}
    keys = dict.fromkeys(
        key for values in (*before.values(), *after.values()) if isinstance(values, dict) for key in values
    )
    for key in keys:
        for name in in_order(event, {**before, **after}):
            old, new = value_of(before, name, key), value_of(after, name, key)
            new = assigned.get(name, ABSENT) if new is ABSENT else new
            if old != new or old in (MASK, MASKED):
                yield key, name, old, new


def told_fields(event: Event) -> list[Any]:
    return event.changed_fields if isinstance(event.changed_fields, list) else []


def in_order(event: Event, names: Mapping[str, Any]) -> list[str]:
    """As the fields are told; PostgreSQL's JSON keeps no order of names."""
    first = [name for name in told_fields(event) if isinstance(name, str) and name in names]
    return list(dict.fromkeys([*first, *names]))


def value_of(values: dict[str, Any], name: str, key: str) -> Any:
    by_key = values.get(name, ABSENT)
    return by_key.get(key, ABSENT) if isinstance(by_key, dict) else by_key
