"""System checks of the database that holds the events: rights, guards, store order, connections."""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections

from eventlog.integrity import guards
from eventlog.pipeline.outbox import events_alias


def database_is_postgresql(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    alias = events_alias()
    if connections[alias].vendor == "postgresql":
        return []
    hint = "Set DATABASE_URL to postgresql://…, or leave it unset for the embedded PostgreSQL."
    return [Error(f"Events are kept in PostgreSQL, and the database {alias!r} is not.", hint=hint, id="eventlog.E007")]


def events_are_guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Of `check --database`. Not of `migrate`, which needs the owner and puts the guards up; nor where DEBUG is on, for
    the embedded PostgreSQL has one role for everything."""
    alias = events_alias()
    if alias not in (databases or ()) or connections[alias].vendor != "postgresql":
        return []
    if settings.DEBUG or sys.argv[1:2] == ["migrate"]:
        return []
    problems: list[CheckMessage] = []
    role, powers = guards.powers(using=alias)
    if powers:
        hint = "Serve the site as a role that only adds events: docs/roles.sql."
        said = f"The database role {role} can do more to events than it needs: it {', '.join(powers)}."
        problems.append(Warning(said, hint=hint, id="eventlog.W016"))
    if role and (tables := guards.missing(using=alias)):
        hint = "ALTER TABLE … ENABLE TRIGGER eventlog_guard, or migrate back to before the guards and forward again."
        problems.append(Warning(f"There is no guard on {', '.join(tables)}.", hint=hint, id="eventlog.W017"))
    return problems


def store_order_is_whole(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Of `check --database`: whether the site was at work while a dump was being restored under it."""
    from eventlog.monitoring.store_order import store_order

    alias = events_alias()
    if alias not in (databases or ()) or connections[alias].vendor != "postgresql" or sys.argv[1:2] == ["migrate"]:
        return []
    if not (number := store_order(alias).passed_over):
        return []
    said = f"{number} batches were stored while a dump was being restored: sinks and streams may have passed them over."
    return [Warning(said, hint="manage.py eventlog_doctor order says what to do.", id="eventlog.W021")]


def connections_are_kept(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Of `check --deploy`: connections that are made for each request, or used again without a look at them."""
    given = connections[events_alias()].settings_dict
    if connections[events_alias()].vendor != "postgresql" or given["OPTIONS"].get("pool"):
        return []
    if given["CONN_MAX_AGE"] == 0:
        hint = "Give it CONN_MAX_AGE, such as 60 (s). Under ASGI, or behind a pooler on the same machine, 0 is right."
        said = "Each request opens a connection to the database: that takes longer than most requests' queries."
        return [Warning(said, hint=hint, id="eventlog.W019")]
    if not given["CONN_HEALTH_CHECKS"]:
        hint = "Give the database CONN_HEALTH_CHECKS: True."
        said = "After a restart of the database the first request on each connection that was kept fails."
        return [Warning(said, hint=hint, id="eventlog.W020")]
    return []
