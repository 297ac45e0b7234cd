"""`docs/reference.md`: commands with their options, the schedule, metrics and permissions."""

import argparse
import re
from collections.abc import Iterator
from typing import Any, Final

from celery.schedules import crontab
from django.apps import apps
from django.core.management import find_commands, load_command_class
from django.core.management.base import BaseCommand
from django.utils import translation

from edupro.celery import app as celery
from edupro.reference.tables import cell, table

BEGINNING: Final = """\
# Commands, schedule, metrics, permissions
Made by `manage.py edupro_reference operations` from the code, so do not edit it; a test compares them. Settings are in
the [README](../README.md#settings), addresses of the API at `/docs` and in [api.md](api.md), types of events in
[EVENT_TABLE_EDUPRO_2025.md](EVENT_TABLE_EDUPRO_2025.md), tables in [event_table_schema.sql](event_table_schema.sql).
"""
ABOUT_COMMANDS: Final = """\
## Commands
Each is an event, `COMMAND`, with its arguments, its end and its cost. The exit code is 0 only where it did what it was
asked for. With `--json` facts are printed for programs. What Django's commands know (`--settings`, `--verbosity`,
`--no-color` …) these know, too.
"""
# What each of `/metrics` means for whoever is on duty: (name, labels, kind, meaning).
METRICS: Final = (
    ("eventlog_events_total", "`category`, `severity`", "counter", "events ever stored"),
    ("eventlog_batches_total", "", "counter", "transactions that have stored events"),
    ("eventlog_dead_total", "", "counter", "events that the database refused; also those that were stored after all"),
    ("eventlog_dropped_total", "", "counter", "events lost because the journal was full or damaged: alarm on any"),
    ("eventlog_duplicates_total", "", "counter", "events that were there already when they came again"),
    ("eventlog_alerts_open", "`severity`", "gauge", "alerts that nobody has acknowledged or closed"),
    ("eventlog_journal_bytes", "", "gauge", "the journal on the machine that is asked"),
    (
        "eventlog_journal_share",
        "",
        "gauge",
        "of `SPOOL_MAX_BYTES`: alarm from 0.8 on, since then events are dropped",
    ),
    ("eventlog_outbox_events", "", "gauge", "changes that wait to be stored, counted up to 100,000"),
    ("eventlog_writer_lag_seconds", "", "gauge", "how long the oldest event waits: alarm above 60"),
    ("eventlog_last_batch_seconds", "", "gauge", "since something was stored; not there before the first batch"),
    ("eventlog_partitions_ahead", "", "gauge", "months (weeks, days) after this one with their table: alarm below 1"),
    ("http_request_duration_seconds", "`le`", "histogram", "how long requests took; bounds are at most 2 % off"),
)
DEEDS: Final = ("add", "change", "delete", "view")
NOTHING: Final = "nothing: no page asks for it"
# What each permission of `eventlog` lets one do.
PERMISSIONS: Final = {
    "view_event": "events but SECURITY, their timelines and exports, the dashboard, the API's lists and numbers",
    "view_security": "with `view_event`: SECURITY events, alerts, mutes, blocks, status, refused events",
    "view_sensitive": "with the right to see the event: values that are encrypted at rest; each view is an event",
    "change_alert": "with these two: acknowledge, close, give and mute alerts, but none about oneself; lift blocks",
    "change_deadletter": "with `view_event` and `view_security`: repair, store or discard refused events",
    "view_block": "see blocks without seeing alerts",
    "change_block": "lift blocks without changing alerts",
    "view_hold": "see legal holds",
    "add_hold": "place a hold",
    "change_hold": "lift a hold",
    "view_subjectrequest": "see what people have asked for",
    "add_subjectrequest": "enter what somebody asks for",
    "change_subjectrequest": "decide it, but no erasure that one has entered oneself; no superuser confirms one",
    **dict.fromkeys(("add_block", "delete_block", "view_archive"), NOTHING),
    **{f"{deed}_{table}": NOTHING for deed in DEEDS for table in ("eventbatch", "outboxevent")},
}


def operations() -> str:
    parts = [BEGINNING, ABOUT_COMMANDS, *commands(), schedule(), metrics(), permissions()]
    return "\n".join(parts)


# --- commands ---
def all_commands() -> dict[str, BaseCommand]:
    """EduPro's and the event log's own, but for those that take the place of Django's."""
    ours = [config for config in apps.get_app_configs() if config.name.split(".")[0] in ("eventlog", "edupro")]
    found = {name: config.name for config in ours for name in find_commands(f"{config.path}/management")}
    django = find_commands(f"{apps.get_app_config('auth').path}/../../core/management")
    return {name: load_command_class(found[name], name) for name in sorted(found) if name not in django}


def commands() -> Iterator[str]:
    for name, command in all_commands().items():
        parser = command.create_parser("manage.py", name)
        yield f"### {name}\n{command.help}\n"
        for words, part, about in parts_of(name, parser):
            heading = f"`{words}`{f': {about}' if about else ''}\n\n" if words != name else ""
            rows = [(f"`{spelling(each)}`", explained(each)) for each in own_options(part)]
            if rows:
                yield heading + table(("option", "what it does"), rows)


def parts_of(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """The command itself; where it has several, each."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for word, part in action.choices.items():
                yield f"{name} {word}", part, helps.get(word, "")
            return
    yield name, parser, ""


def own_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    usual = {action.dest for action in BaseCommand().create_parser("manage.py", "none")._actions}
    return [action for action in parser._actions if action.dest not in usual]


def spelling(action: argparse.Action) -> str:
    value = metavar(action)
    return " ".join(filter(None, [", ".join(action.option_strings), value]))


def metavar(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    name = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    return f"[{name}]" if action.nargs in ("?", "*") else str(name)


def explained(action: argparse.Action) -> str:
    words = cell(action.help or "").replace("%%", "%")
    return re.sub(r"%\((\w+)\)s", lambda found: str(getattr(action, found[1])), words)


# --- the rest ---
def schedule() -> str:
    rows = [(name, f"`{entry['task']}`", when(entry["schedule"])) for name, entry in celery.conf.beat_schedule.items()]
    return "## Schedule\nOf Celery's beat (`edupro/celery.py`), by the project's clock.\n\n" + table(
        ("what", "task", "when"), rows
    )


def when(schedule: Any) -> str:
    if not isinstance(schedule, crontab):
        return f"each {schedule:g} s"
    hour, minute = vars(schedule)["_orig_hour"], vars(schedule)["_orig_minute"]
    return f"each hour, at minute {minute}" if hour == "*" else f"each day at {hour}:{int(minute):02}"


def metrics() -> str:
    about = "## Metrics\n`/metrics` is for Prometheus: who may ask, is in [api.md](api.md#for-machines).\n\n"
    rows = [(f"`{name}`", labels, kind, what) for name, labels, kind, what in METRICS]
    return about + table(("metric", "labels", "kind", "what it says"), rows)


def permissions() -> str:
    about = (
        "## Permissions\nOf the event log. Superusers have all of them, and nobody can add, change or delete an event."
        " Who sees what in the console: [console.md](console.md#who-may-do-what).\n\n"
    )
    return about + table(("permission", "English", "what it lets one do"), permission_rows())


def permission_rows() -> Iterator[tuple[str, str, str]]:
    with translation.override("en"):
        labels = all_permissions()
        for codename, what in PERMISSIONS.items():
            yield f"`eventlog.{codename}`", labels[codename], what


def all_permissions() -> dict[str, str]:
    """{codename: label}, as `migrate` makes them."""
    found = dict[str, str]()
    for model in apps.get_app_config("eventlog").get_models():
        options = model._meta
        deeds = {f"{deed}_{options.model_name}": deed for deed in options.default_permissions}
        usual = ((codename, f"Can {deed} {options.verbose_name}") for codename, deed in deeds.items())
        found |= {codename: str(label) for codename, label in (*usual, *options.permissions)}
    return found
