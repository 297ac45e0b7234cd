"""Triggers of PostgreSQL for the models in `TRIGGER_MODELS`: they see every change, whoever makes it and however.

A trigger writes what has changed into the outbox, in the transaction of the change; `pipeline/rows.py` makes the event
of it. What is secret or masked is taken out here, in SQL, before it reaches the outbox and the write-ahead log.

`django-pgtrigger` installs them after `migrate` and by `manage.py pgtrigger install`.
"""

from collections.abc import Iterator
from typing import Any, cast

import pgtrigger
from django.apps import apps
from django.db import models
from pgtrigger import compiler
from pgtrigger.core import INSTALLED

from eventlog.capture.relations import Side, sides
from eventlog.conf import conf
from eventlog.privacy.redaction import MASK, redactor
from eventlog.registry import Audit, audit_of
from eventlog.values import MASKED, Field, fields_of, masked_names

PREFIX = "eventlog_"
# A UUIDv7 of the variable `moment`, as RFC 9562 lays it out; PostgreSQL has a function for it from 18 on only.
UUID7 = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring("
    "int8send(floor(extract(epoch FROM moment) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid"
)
# By their bytes, so that every type can be compared. PostgreSQL reads the text of a condition anew for each statement:
# one that named all columns would take longer than the function with its own look at them.
ANYTHING_DIFFERS = "OLD.* *<> NEW.*"
# JSON is built as text, which is how it is read again: to make `jsonb` of it on the way takes a quarter of the time.
WHO = (
    "CASE WHEN who IS NULL THEN 'origin' ELSE 'context' END,"
    " CASE WHEN who IS NULL THEN json_build_object('role', session_user, 'address', host(inet_client_addr()),"
    " 'application', current_setting('application_name'), 'began', now()) ELSE who::json END"
)
FUNCTION = """
CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
    DECLARE
        who TEXT := NULLIF(current_setting('eventlog.context', true), '');
        moment TIMESTAMPTZ := clock_timestamp();
        earlier TEXT := '';
        later TEXT := '';
    BEGIN
        IF who = 'off' THEN RETURN NULL; END IF;
        {func}
        RETURN NULL;
    END;
$$ LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT;
DROP TRIGGER IF EXISTS {pgid} ON {table};
CREATE TRIGGER {pgid} AFTER {operation} ON {table} {referencing}
    FOR EACH {level} {condition} EXECUTE PROCEDURE {pgid}();
COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
"""


class Function(compiler.UpsertTriggerSql):
    """As pgtrigger makes them, but with the rights of who installed it (a role that may change the table need not be
    able to write into the log), and not to be switched off by a setting of the session."""

    def get_template(self) -> str:
        return FUNCTION


class Told(pgtrigger.Trigger):
    """One of our triggers; `func` is what its function does."""

    when = pgtrigger.After

    def compile(self, model: Any) -> compiler.Trigger:
        sql = Function(
            pgid=self.get_pgid(model),
            func=self.render_func(model),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            referencing=self.referencing or "",
            level=self.level,
            condition=self.render_condition(model),
        )
        return compiler.Trigger(name=self.name, sql=sql)


# --- which ---
def register() -> None:
    """Make the triggers of `TRIGGER_MODELS` known to pgtrigger."""
    for label in conf.TRIGGER_MODELS:
        for model, trigger in triggers_of(apps.get_model(label)):
            trigger.register(cast(Any, model))  # its stubs want an instance


def triggers_of(model: type[models.Model]) -> Iterator[tuple[type[models.Model], Told]]:
    """Those of its table, and of the tables of the many-to-many relations that it declares."""
    audit = audit_of(model) or Audit(model._meta.model_name or "")
    yield from ((model, trigger) for trigger in row_triggers(model, audit))
    for relation in model._meta.local_many_to_many:
        through = relation.remote_field.through
        for side in sides(through)[:1] if through is not None else ():
            if through is not None and audit.keeps({side.field}):
                yield from ((through, trigger) for trigger in relation_triggers(through, side, audit))


def row_triggers(model: type[models.Model], audit: Audit) -> Iterator[Told]:
    table = Table(model, audit)
    yield Told(name=f"{PREFIX}insert", operation=pgtrigger.Insert, func=table.put("INSERT", table.all_of("NEW")))
    yield Told(name=f"{PREFIX}delete", operation=pgtrigger.Delete, func=table.put("DELETE", table.all_of("OLD")))
    yield Told(
        name=f"{PREFIX}truncate",
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func=table.put("TRUNCATE", ""),
    )
    if table.fields:
        yield Told(
            name=f"{PREFIX}update",
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(ANYTHING_DIFFERS),
            func=table.put("UPDATE", table.differing()),
        )


# --- the SQL of a row's triggers ---
class Table:
    """The table of one model, without those of its parents, which have triggers of their own."""

    def __init__(self, model: type[models.Model], audit: Audit) -> None:
        self.model = model
        self.fields = [field for field in fields_of(model, audit) if field in model._meta.local_concrete_fields]
        self.masked = masked_names(model, audit)

    def put(self, operation: str, body: str) -> str:
        """`body` fills `earlier` and `later`, a comma before each member; then the row of the outbox is written."""
        return f"""{body}
            INSERT INTO event_outbox (id, change) VALUES ({UUID7}, json_build_object(
                'model', '{self.model._meta.label_lower}', 'operation', '{operation}', 'key', {self.key(operation)},
                'at', moment, 'transaction', pg_current_xact_id()::text,
                'earlier', ('{{' || substr(earlier, 2) || '}}')::json,
                'later', ('{{' || substr(later, 2) || '}}')::json, {WHO})::text);
        """

    def key(self, operation: str) -> str:
        if operation == "TRUNCATE":
            return "'[]'::json"
        row = "OLD" if operation == "DELETE" else "NEW"
        keys = ", ".join(f"{row}.{quoted(field)}" for field in self.model._meta.pk_fields)
        return f"json_build_array({keys})"

    def all_of(self, row: str) -> str:
        variable = "later" if row == "NEW" else "earlier"
        members = (self.member(field, row) for field in self.fields)
        return f"{variable} := {' || '.join(members)};" if self.fields else ""

    def differing(self) -> str:
        """Nothing is told where only a field that does not count has changed."""
        fields = "\n".join(
            f"IF {differs(field)} THEN earlier := earlier || {self.member(field, 'OLD')};"
            f" later := later || {self.member(field, 'NEW')}; END IF;"
            for field in self.fields
        )
        return fields + "\nIF later = '' THEN RETURN NULL; END IF;"

    def member(self, field: Field, row: str) -> str:
        """`,"kelas":"7A"`, as text."""
        value = self.shown(field, f"{row}.{quoted(field)}")
        return f"""',"{field.attname}":' || coalesce({value}, 'null')"""

    def shown(self, field: Field, value: str) -> str:
        """The value in JSON, as text; of what is secret or masked only that there is one."""
        hidden = MASKED if field.attname in self.masked else MASK if is_secret(field) else ""
        if hidden:
            return f"""CASE WHEN {value} IS NOT NULL THEN '"{hidden}"' END"""
        if isinstance(field, models.BinaryField):
            digest = f"json_build_object('bytes', length({value}), 'sha256', encode(sha256({value}), 'hex'))"
            return f"CASE WHEN {value} IS NOT NULL THEN {digest}::text END"
        return f"to_json({value}::text)::text" if isinstance(field, models.DecimalField) else f"to_json({value})::text"


def is_secret(field: Field) -> bool:
    redact = redactor(conf.SENSITIVE_FIELDS)
    return redact.is_sensitive(field.name) or redact.is_sensitive(field.attname)


def quoted(field: Field) -> str:
    return '"{}"'.format(str(field.column).replace('"', '""'))


def differs(field: Field) -> str:
    return f"OLD.{quoted(field)} IS DISTINCT FROM NEW.{quoted(field)}"


# --- the SQL of a relation's triggers ---
def relation_triggers(through: type[models.Model], side: Side, audit: Audit) -> Iterator[Told]:
    """One row in the outbox a statement and owner, with the members that were added or removed."""
    added = members(through, side, audit, rows="after_it", variable="added")
    removed = members(through, side, audit, rows="before_it", variable="removed")
    for name, operation, seen, func in (
        ("insert", pgtrigger.Insert, {"new": "after_it"}, added),
        ("delete", pgtrigger.Delete, {"old": "before_it"}, removed),
        ("update", pgtrigger.Update, {"old": "before_it", "new": "after_it"}, removed + added),
    ):
        yield Told(
            name=f"{PREFIX}{name}",
            operation=operation,
            level=pgtrigger.Statement,
            referencing=pgtrigger.Referencing(**seen),  # type: ignore[no-untyped-call]
            func=func,
        )
    label = side.model._meta.label_lower
    yield Told(
        name=f"{PREFIX}truncate",
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func=change_of(label, "TRUNCATE", f"'field', '{side.field}', 'key', '[]'::json", source=""),
    )


def members(through: type[models.Model], side: Side, audit: Audit, *, rows: str, variable: str) -> str:
    columns = {field.attname: quoted(field) for field in through._meta.concrete_fields}
    owner, member = columns[side.owner], columns[side.member]
    listed = f"'{MASKED}'" if audit.masks({side.field}) else f"json_agg({member} ORDER BY {member})"
    facts = f"'field', '{side.field}', 'key', json_build_array({owner}), '{variable}', {listed}"
    return change_of(side.model._meta.label_lower, "MEMBERS", facts, source=f"FROM {rows} GROUP BY {owner}")


def change_of(label: str, operation: str, facts: str, *, source: str) -> str:
    return f"""
        INSERT INTO event_outbox (id, change) SELECT {UUID7}, json_build_object(
            'model', '{label}', 'operation', '{operation}', 'at', moment,
            'transaction', pg_current_xact_id()::text, {facts}, {WHO})::text {source};
    """


def installed(model: type[models.Model], using: str) -> Iterator[tuple[str, str]]:
    """(name, status) of the model's triggers in the database: INSTALLED, OUTDATED, UNINSTALLED or DISABLED."""
    for table, trigger in triggers_of(model):
        status, enabled = trigger.get_installation_status(cast(Any, table), database=using)
        yield f"{table._meta.db_table}.{trigger.name}", status if enabled or status != INSTALLED else "DISABLED"
