"""What the dashboard tells: each number with its name, what it means, and the events behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.asking import Question, anything
from eventlog.admin.display import milliseconds
from eventlog.analytics.overview import Numbers
from eventlog.catalog import StrOrPromise
from eventlog.visible import grouped

UNKNOWN: Final = "–"
Number = float | None


# --- how numbers are written ---
def count(value: float) -> str:
    return grouped(int(value))


def decimal(value: float) -> str:
    places = 0 if value >= 100 else 1 if value >= 10 else 2
    return number_format(value, places, force_grouping=True)


def percent(value: float) -> str:
    return f"{number_format(value, 0 if value >= 100 else 1, force_grouping=True)}%"


def megabytes(value: float) -> str:
    return gettext("%(number)s MB") % {"number": number_format(value, 0, force_grouping=True)}


# --- how one is to the one before ---
@dataclass(frozen=True, slots=True)
class Scale:
    """What it is called when there is more of it, and less; with the number of percent."""

    more: StrOrPromise
    less: StrOrPromise


AMOUNT: Final = Scale(_("%(percent)s more"), _("%(percent)s fewer"))
HEIGHT: Final = Scale(_("%(percent)s higher"), _("%(percent)s lower"))
SPEED: Final = Scale(_("%(percent)s slower"), _("%(percent)s faster"))


@dataclass(frozen=True, slots=True)
class Figure:
    """`search` is the question for the events behind a number; `kind` the class of its colour. A `sum` grows with the
    time that it is of."""

    title: StrOrPromise
    hint: StrOrPromise
    of: Callable[[Numbers], Number]
    show: Callable[[float], str]
    search: Callable[[Numbers], str]
    kind: str = "usual"
    scale: Scale = AMOUNT
    sum: bool = False
    needs_security: bool = False

    def shown(self, numbers: Numbers) -> str:
        value = self.of(numbers)
        return UNKNOWN if value is None else self.show(value)

    def question(self, numbers: Numbers) -> Question | None:
        """For the events behind the number; None where there are none."""
        return anything(self.search(numbers)) if self.of(numbers) else None

    def change(self, now: Numbers, before: Numbers) -> "Change":
        """A sum is compared by the day, since one time may be a little longer."""
        new, old = self.of(now), self.of(before)
        if new is None or old is None:
            return NOT_KNOWN
        if self.sum:
            old *= (now.window.end - now.window.begin) / (before.window.end - before.window.begin)
        return change(new, old, self.scale)


@dataclass(frozen=True, slots=True)
class Change:
    arrow: str
    words: StrOrPromise


SAME: Final = Change("→", _("about the same"))
NEW: Final = Change("↑", _("none before"))
NOT_KNOWN: Final = Change("", "")


def change(new: float, old: float, scale: Scale) -> Change:
    if not old:
        return NEW if new else SAME
    share = round(100 * (new - old) / old)
    if not share:
        return SAME
    words = scale.more if share > 0 else scale.less
    return Change("↑" if share > 0 else "↓", str(words) % {"percent": f"{grouped(abs(share))}%"})


# --- the figures ---
ANY_REQUEST: Final = f"type:{catalog.HTTP_REQUEST}"


def requests(_numbers: Numbers) -> str:
    return ANY_REQUEST


def errors(_numbers: Numbers) -> str:
    return f"{ANY_REQUEST} status:>=500"


def slow(numbers: Numbers) -> str:
    return f"{ANY_REQUEST} duration:>={numbers.p95:.1f}ms"


PER_MINUTE: Final = Figure(
    _("Requests a minute"),
    _("Pages and answers that people and programs asked the site for, on average over this time."),
    lambda numbers: numbers.requests_per_minute,
    decimal,
    requests,
)
REQUESTS: Final = Figure(
    pgettext_lazy("of a site", "Requests"),
    _("Each page or answer that somebody asked the site for."),
    lambda numbers: numbers.request_count,
    count,
    requests,
    sum=True,
)
ERRORS: Final = Figure(
    _("Server errors"),
    _("Requests that the site could not answer through a fault of its own (status 500 and above)."),
    lambda numbers: numbers.errors,
    count,
    errors,
    kind="bad",
    sum=True,
)
ERROR_RATE: Final = Figure(
    _("Error rate"),
    _("Of a hundred requests, how many ended in an error of the server (status 500 and above)."),
    lambda numbers: numbers.error_rate,
    percent,
    errors,
    scale=HEIGHT,
)
MEAN: Final = Figure(
    _("Mean response time"),
    _("How long a request took to be answered, on average."),
    lambda numbers: numbers.mean,
    milliseconds,
    requests,
    scale=SPEED,
)
P95: Final = Figure(
    _("p95 response time"),
    _("95 of 100 requests were answered within this time; the slowest five took longer. The link shows those."),
    lambda numbers: numbers.p95,
    milliseconds,
    slow,
    kind="high",
    scale=SPEED,
)
FAILED_LOGINS: Final = Figure(
    _("Failed sign-ins"),
    _("Each time that a name or password was wrong, or an account was closed."),
    lambda numbers: numbers.failed_logins,
    count,
    lambda _numbers: f"type:{catalog.LOGIN_FAILED}",
    kind="warning",
    sum=True,
)
FINDINGS: Final = Figure(
    _("Suspicious activity"),
    _("Attacks found in requests, and unusual behaviour: the events of the category Security."),
    lambda numbers: numbers.findings,
    count,
    lambda _numbers: f"category:{catalog.SECURITY}",
    kind="bad",
    sum=True,
    needs_security=True,
)
EVENTS: Final = Figure(
    _("Events"),
    _("Everything that was recorded, requests among it."),
    lambda numbers: numbers.total,
    count,
    lambda _numbers: "",
    sum=True,
)
QUERY_TIME: Final = Figure(
    _("Database time"),
    _("How long a request waited for the database (SQL), on average."),
    lambda numbers: numbers.query_ms,
    milliseconds,
    requests,
    scale=SPEED,
)
CPU_TIME: Final = Figure(
    _("Processor time"),
    _("How long a request kept the server's processor (CPU) busy, on average."),
    lambda numbers: numbers.cpu_ms,
    milliseconds,
    requests,
    kind="high",
    scale=SPEED,
)
MEMORY: Final = Figure(
    _("Memory"),
    _("The most that one process of the server had in memory."),
    lambda numbers: numbers.memory_mb,
    megabytes,
    requests,
    scale=HEIGHT,
)
