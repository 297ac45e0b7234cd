"""`docs/EVENT_TABLE_EDUPRO_2025.md`: the table of events, and each type of event there is with an example."""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from django.apps import apps
from django.utils import translation

from edupro.reference.examples import CATALOGUED, entities, records
from edupro.reference.examples.cast import MORNING, Example
from edupro.reference.tables import cell, table
from eventlog import catalog
from eventlog.admin import wording
from eventlog.models import Event
from eventlog.models.event import fixed_id
from eventlog.record import EventRecord, make_record
from eventlog.reference.remarks import remarks_of

LANGUAGES: Final = ("en", "id")
WIDTH: Final = 120
LEFT_OUT: Final = ("search_text",)  # worked out from the others
BEGINNING: Final = """\
# The table of events, and every type of event
Made by `manage.py edupro_reference events` from the catalogue (`eventlog/catalog.py`), the models in `AUDITED_MODELS`
and the examples in `edupro/reference/examples/`, so do not edit it; a test compares them. As SQL, with its indexes,
guards and the other tables: [event_table_schema.sql](event_table_schema.sql). How an event comes here, how long it is
kept and how it is proven: [architecture.md](architecture.md), [retention.md](retention.md), [verify.md](verify.md).
"""
ABOUT_EXAMPLES: Final = """\
## Types of events
Each with when it is recorded and by what, severity and result of the example (the usual ones are in the tables), the
sentence that the console shows of it in both languages, and the example as it is in the table `events`. Columns that
are left out hold their default, but for those that each event has: `recorded_at`, `server_name`, `process_id`,
`environment`, `application_version`, `search_text`, and those of the proof. Who and where (`user_id` to
`auth_method`, `ip_address`, `request_id`, `trace_id`) come from the request, task or command in which it happens; the
examples have them where they usually are. What is secret is `[redacted]`.
"""
ABOUT_RECORDS: Final = """\
Types of what happens to records are made of the record's name and what was done: `SISWA_UPDATE`. Which models, and
under which names, is in `AUDITED_MODELS`; `READ` and `EXPORT` are told of those with `"read": True`. Changes of the
models in `TRIGGER_MODELS` (marks) are told by PostgreSQL's triggers in the same shape (`eventlog/capture/triggers.py`),
also those that were made past the application. Bulk writes name up to a thousand keys; where there are more, `complete`
is false.
"""


def events() -> str:
    return "\n".join([BEGINNING, columns(), categories(), ABOUT_EXAMPLES, *catalogued(), *of_records()])


def in_both(text: Any) -> tuple[str, str]:
    """In English and in Indonesian."""
    shown = []
    for language in LANGUAGES:
        with translation.override(language):
            shown.append(str(text))
    return shown[0], shown[1]


# --- the table ---
def columns() -> str:
    remarks = remarks_of(Event)
    parts, rows, heading = list[str](), list[list[str]](), ""

    def close() -> None:
        if rows:
            parts.append(f"### {heading[:1].upper()}{heading[1:]}\n{table(HEADINGS, rows)}")

    for field in Event._meta.local_fields:
        if field.name in remarks.headings:
            close()
            heading, rows = remarks.headings[field.name].partition(":")[0], []
        kind = type_of(field)
        rows.append([f"`{field.column}`", kind, *in_both(field.verbose_name), remarks.fields.get(field.name, "")])
    close()
    return "\n".join(["## The columns of `events`", *parts])


HEADINGS: Final = ("column", "type", "English", "Bahasa Indonesia", "what it holds")
TYPES: Final = {
    "UUIDField": "uuid",
    "DateTimeField": "timestamptz",
    "TextField": "text",
    "GenericIPAddressField": "inet",
    "JSONField": "jsonb",
    "IntegerField": "integer",
    "SmallIntegerField": "smallint",
    "BigIntegerField": "bigint",
    "FloatField": "double precision",
    "BooleanField": "boolean",
    "BinaryField": "bytea",
    "ForeignKey": "as the user model's key",
}


def type_of(field: Any) -> str:
    name = field.get_internal_type()
    return f"varchar({field.max_length})" if name == "CharField" else TYPES[name]


def categories() -> str:
    rows = [[f"`{name}`", *in_both(label)] for name, label in catalog.CATEGORIES.items()]
    severities = [[f"`{name}`", *in_both(label)] for name, label in catalog.SEVERITIES.items()]
    results = [[f"`{name}`", *in_both(label)] for name, label in catalog.STATUSES.items()]
    heading = ("English", "Bahasa Indonesia")
    return "\n".join(
        [
            "## Categories, severities, results",
            table(("category", *heading), rows),
            table(("severity", *heading), severities),
            table(("result", *heading), results),
        ]
    )


# --- the types ---
def catalogued() -> Iterator[str]:
    examples = {example.type: example for example in CATALOGUED}
    for category, label in catalog.CATEGORIES.items():
        known = [each for each in catalog.TYPES.values() if each.category == category]
        yield heading_of(category, label)
        rows = [[link(each.name), *in_both(each.label), each.severity, each.status] for each in known]
        yield table(("type", "English", "Bahasa Indonesia", "severity", "result"), rows)
        for each in known:
            yield shown(examples[each.name], in_both(each.label))


def heading_of(category: str, label: Any) -> str:
    english, indonesian = in_both(label)
    return f"## {category}: {english}\n*{indonesian}*\n"


def of_records() -> Iterator[str]:
    yield "## Records\n" + ABOUT_RECORDS
    for label, audit in entities().items():
        model = apps.get_model(label)
        english, indonesian = in_both(model._meta.verbose_name)
        yield f"### {audit.name}: {english}\n*{indonesian}* (`{label}`)\n"
        examples = list(records.examples_of(audit))
        rows = [
            [link(each.type), *labels(each), each.columns["action"], catalog.CRUD_ACTIONS[each.columns["action"]][1]]
            for each in examples
        ]
        yield table(("type", "English", "Bahasa Indonesia", "action", "severity"), rows)
        for each in examples:
            yield shown(each, labels(each))


def labels(example: Example) -> tuple[str, str]:
    event = row_of(recorded(example))
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append(wording.label(event))
    return said[0], said[1]


def link(name: str) -> str:
    return f"[`{name}`](#{name.lower()})"


def shown(example: Example, label: tuple[str, str]) -> str:
    record = recorded(example)
    said = "; ".join(f"“{cell(words)}”" for words in sentences(record))
    by = f"`{example.by}`" if example.by else "nothing of EduPro's, so far"
    return (
        f"#### {example.type}\n"
        f"{label[0]} / {label[1]}: {example.when}. By {by}.\n"
        f"Severity {record.severity}, result {record.event_status}. {said}\n"
        f"```json\n{as_json(record)}\n```\n"
    )


def sentences(record: EventRecord) -> Iterator[str]:
    event = row_of(record)
    for language in LANGUAGES:
        with translation.override(language):
            yield wording.sentence(event)


def recorded(example: Example) -> EventRecord:
    """By the way of every event, but always the same."""
    record = make_record(example.type, {"timestamp": MORNING, **example.columns})
    return replace(record, id=fixed_id(record.id, int.from_bytes(sha256(example.type.encode()).digest()[:16])))


def values_of(record: EventRecord) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(record.to_json())
    return {name: value for name, value in told.items() if value is not None}


def row_of(record: EventRecord) -> Event:
    return Event(**values_of(record))


def as_json(record: EventRecord) -> str:
    """Several columns a line, as many as there is room for."""
    parts = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in values_of(record).items()
        if name not in LEFT_OUT
    ]
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH - 4:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{part}"
    return "{\n  " + ",\n  ".join(lines) + "\n}"
