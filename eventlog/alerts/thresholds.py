"""Limits: of how well the site does, and the event log itself; what each measures, and what is said of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy

from eventlog import catalog
from eventlog.alerts import readings as measured
from eventlog.alerts.readings import Look, Reading


@dataclass(frozen=True, slots=True)
class Threshold:
    """`read` gives what was measured, of each target; `words` is a sentence with the names of a finding's data."""

    name: str
    label: Any
    severity: str
    read: Callable[[Look], Iterator[Reading]]
    words: Any
    is_of_host: bool = False

    def explain(self, data: Mapping[str, Any]) -> str:
        shown = {name: shown_number(value) for name, value in data.items()}
        return str(self.words) % {"value": "?", "limit": "?", "name": "?", **shown}


def shown_number(value: Any) -> str:
    if not isinstance(value, int | float):
        return str(value)
    return number_format(value, 1 if isinstance(value, float) and value < 100 else 0)


THRESHOLDS: Final = {
    each.name: each
    for each in (
        Threshold(
            "error_rate",
            gettext_lazy("Many errors"),
            catalog.HIGH,
            measured.error_rate,
            gettext_lazy("%(value)s %% of all requests fail at the moment; the limit is %(limit)s %%."),
        ),
        Threshold(
            "response_time",
            gettext_lazy("The site is slow"),
            catalog.MEDIUM,
            measured.response_time,
            gettext_lazy("One request in twenty takes longer than %(value)s ms; the limit is %(limit)s ms."),
        ),
        Threshold(
            "slow_endpoint",
            gettext_lazy("A page is slow"),
            catalog.MEDIUM,
            measured.slow_endpoints,
            gettext_lazy("%(name)s takes %(value)s ms on average; the limit is %(limit)s ms."),
        ),
        Threshold(
            "failed_logins",
            gettext_lazy("Many sign-ins fail"),
            catalog.HIGH,
            measured.failed_logins,
            gettext_lazy("%(value)s %% of the attempts to sign in during the last hour have failed."),
        ),
        Threshold(
            "journal_full",
            gettext_lazy("The event log runs out of room"),
            catalog.CRITICAL,
            measured.journal_share,
            gettext_lazy("The journal on %(name)s is %(value)s %% full; events will be dropped."),
            is_of_host=True,
        ),
        Threshold(
            "journal_refused",
            gettext_lazy("The event log cannot write to its disk"),
            catalog.CRITICAL,
            measured.journal_refused,
            gettext_lazy("The journal's folder on %(name)s cannot be written; events are in memory alone."),
            is_of_host=True,
        ),
        Threshold(
            "events_waiting",
            gettext_lazy("Events wait to be stored"),
            catalog.HIGH,
            measured.journal_waits,
            gettext_lazy("On %(name)s an event has been waiting to be stored for %(value)s seconds."),
            is_of_host=True,
        ),
        Threshold(
            "changes_waiting",
            gettext_lazy("Changes wait to be stored"),
            catalog.HIGH,
            measured.outbox_waits,
            gettext_lazy("A change has been waiting to be stored for %(value)s seconds."),
        ),
        Threshold(
            "no_partition",
            gettext_lazy("No room is prepared for events to come"),
            catalog.HIGH,
            measured.no_partition,
            gettext_lazy("The event log has no partition for the time to come."),
        ),
        Threshold(
            "checkpoint_overdue",
            gettext_lazy("Events are not signed"),
            catalog.HIGH,
            measured.checkpoint_overdue,
            gettext_lazy("What was stored has been waiting for %(value)s minutes to be in a signed checkpoint."),
        ),
        Threshold(
            "anchor_behind",
            gettext_lazy("Checkpoints are not kept outside"),
            catalog.HIGH,
            measured.anchors_behind,
            gettext_lazy("%(name)s lacks a checkpoint that it was to have %(value)s minutes ago."),
        ),
        Threshold(
            "dead_letters",
            gettext_lazy("The database refuses events"),
            catalog.HIGH,
            measured.dead_letters,
            gettext_lazy("Events that the database has refused in the last hour: %(value)s."),
        ),
        Threshold(
            "rules_failed",
            gettext_lazy("Detection rules fail"),
            catalog.HIGH,
            measured.rules_failed,
            gettext_lazy(
                "Rules that look for attacks have failed in the last hour: what they would have found is not told."
            ),
        ),
        Threshold(
            "events_dropped",
            gettext_lazy("Events were lost"),
            catalog.CRITICAL,
            measured.dropped,
            gettext_lazy("Events lost in the last hour: %(value)s."),
        ),
    )
}
