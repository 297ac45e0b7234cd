"""The page that says how the event log itself is: what is wrong and what to do about it, where every event is, who
stores, what was done last, and the settings in force. It changes nothing.

It shows no event, so who may see SECURITY events sees it. What it tells is asked of the functions that
`eventlog_status`, the health checks and the alerts ask.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from eventlog import catalog
from eventlog.admin.concerns import ALTERED, concerns
from eventlog.admin.display import badge, moment, zone_of
from eventlog.admin.growing import sentences
from eventlog.admin.holds import SEE as SEE_HOLDS
from eventlog.admin.state import State
from eventlog.admin.subject_requests import SEE as SEE_REQUESTS
from eventlog.conf import conf
from eventlog.models import EventAnchor, Status
from eventlog.models.alert import may_see_alerts
from eventlog.models.batch import WAITING
from eventlog.monitoring.doings import Done
from eventlog.monitoring.settings import DEFAULT, SOURCES
from eventlog.monitoring.writers import WriterState
from eventlog.visible import grouped, visible

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Status]
else:
    ModelAdmin = admin.ModelAdmin

SEE: Final = "eventlog.view_security"
TERMS: Final = (
    ("", "recorded", _("recorded"), _("all that ever happened, as far as it was to be kept")),
    ("=", "stored", _("stored"), _("in the table of events, or removed when they were old enough")),
    ("+", "waiting_journal", _("in journals"), _("on this machine's disk, stored within seconds")),
    ("+", "waiting_outbox", _("in the outbox"), _("changes of records, in the database, stored within seconds")),
    ("+", "dead", _("refused"), _("the database did not take them; see below")),
    ("+", "dropped", _("dropped"), _("the journal was full or damaged: they are gone")),
    ("+", "duplicates", _("recorded twice"), _("were stored already, and are there once")),
)
NEVER: Final = {
    catalog.EVENTS_CLEANUP: _("Nothing was old enough yet. If something is: manage.py eventlog_cleanup."),
    catalog.EVENTS_ARCHIVED: _("Set EVENTLOG_ARCHIVE_DIR to keep events for longer in files."),
    catalog.EVENTS_VERIFIED: _("It is done each night: see that Celery's schedule runs."),
    catalog.COMMAND: _("Run manage.py eventlog_verify, best every week by the server's timer."),
}


@admin.register(Status)
class StatusAdmin(ModelAdmin):
    class Media:
        css = {"all": ["eventlog/admin.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm(SEE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """One page; by the second name the admin's index leads to it."""
        view = self.admin_site.admin_view(require_safe(self.page))
        return [path("", view, name=name) for name in ("eventlog_status", "eventlog_status_changelist")]

    def page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        around = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        context = {**around, "title": _("Status of the event log"), **told(State.taken(), request.user)}
        return TemplateResponse(request, "admin/eventlog/status/status.html", context)


def told(state: State, user: Any) -> dict[str, Any]:
    return {
        "concerns": [(badge("severity", each.severity, each.level), each) for each in concerns(state)],
        "terms": [(sign, words, grouped(getattr(state.accounts, name)), note) for sign, name, words, note in TERMS],
        "is_complete": state.accounts.lost == 0,
        "refused": refused(state),
        "sees_refused": may_see_alerts(user),
        "waiting": list(waiting(state)),
        "writers": [cells(each) for each in state.writers],
        "partitions": [
            (each.name, filesizeformat(each.bytes), "–" if each.rows is None else grouped(each.rows))
            for each in state.partitions
        ],
        "ready": ready(state),
        "held": held(state),
        "growth": list(sentences(state.growth)),
        "sees_holds": user.has_perm(SEE_HOLDS),
        "asked": asked(state),
        "sees_asked": user.has_perm(SEE_REQUESTS),
        "doings": list(doings(state, sees_events=may_see_alerts(user))),
        "sinks": [(visible(each.sink), grouped(each.event_count), at(each.last_success)) for each in state.sinks],
        "settings": [
            (each.name, with_code(each.purpose), visible(each.value), SOURCES[each.source], each.source != DEFAULT)
            for each in sorted(state.settings, key=lambda each: each.source == DEFAULT)
        ],
        "now": format_html("{} {}", moment(state.look.now), zone_of(state.look.now)),
    }


def refused(state: State) -> str:
    number = state.refused[WAITING]
    words = ngettext("%(number)s waits for a decision.", "%(number)s wait for a decision.", number)
    return words % {"number": grouped(number)} if number else gettext("None waits for a decision.")


# --- what waits, and who stores it ---
def waiting(state: State) -> Iterator[tuple[Any, Any]]:
    journal, store = state.look.journal, state.look.store
    share = gettext("%(size)s, %(percent)s %% of its room")
    size = {"size": filesizeformat(journal.bytes), "percent": grouped(round(100 * journal.share))}
    yield _("Journal's folder"), conf.SPOOL_DIR
    yield _("Can be written"), _("yes") if journal.writable else _("no")
    yield _("In the journal"), share % size
    yield _("The oldest there waits for"), age(journal.waits)
    yield _("Changes in the outbox"), grouped(store.outbox)
    yield _("The oldest there waits for"), age(store.waits)
    yield _("Last stored"), _("never") if store.last_batch is None else ago(store.last_batch)


def age(seconds: float) -> str:
    if seconds >= 120:
        return timesince(timezone.now() - timedelta(seconds=seconds))
    return gettext("%(number)s s") % {"number": grouped(round(seconds))} if seconds else "–"


def ago(seconds: float) -> str:
    return gettext("%(time)s ago") % {"time": age(max(seconds, 1))}


def at(when: datetime | None) -> str:
    return "–" if when is None else moment(when)


def cells(each: WriterState) -> tuple[Any, ...]:
    number = grouped_id(each.pid)
    process = gettext("%(number)s, this one") % {"number": number} if each.is_own else number
    left = filesizeformat(each.bytes) if each.bytes else "–"
    return process, each.writer[:8], grouped(each.events), at(each.stored_at), left


def grouped_id(pid: int) -> str:
    """Numbers of processes have no separators; 0 is none."""
    return str(pid) if pid else gettext("ended, or elsewhere")


def ready(state: State) -> str:
    ahead = max(state.look.store.partitions_ahead, 0)
    words = {
        "month": ngettext("%(number)s month ahead is ready.", "%(number)s months ahead are ready.", ahead),
        "week": ngettext("%(number)s week ahead is ready.", "%(number)s weeks ahead are ready.", ahead),
        "day": ngettext("%(number)s day ahead is ready.", "%(number)s days ahead are ready.", ahead),
    }
    return words[conf.PARTITION_BY] % {"number": ahead}


def held(state: State) -> str:
    if not state.growth.holds:
        return gettext("No hold keeps events beyond their time.")
    words = ngettext(
        "%(number)s hold keeps what it is about, whatever its time.",
        "%(number)s holds keep what they are about, whatever its time.",
        state.growth.holds,
    )
    return words % {"number": grouped(state.growth.holds)}


def asked(state: State) -> str:
    number = state.requests.pending
    if not number:
        return gettext("No request of a person waits for an answer.")
    words = ngettext(
        "%(number)s request of a person waits for an answer; the next is due at %(when)s.",
        "%(number)s requests of people wait for an answer; the next is due at %(when)s.",
        number,
    )
    due = state.requests.next_due
    when = "–" if due is None else timezone.localtime(due).strftime("%Y-%m-%d %H:%M")
    return words % {"number": grouped(number), "when": when}


# --- what was done last ---
def doings(state: State, *, sees_events: bool) -> Iterator[tuple[Any, Any, Any]]:
    """(what, when, what came of it or what to do)"""
    for name, words in (
        (catalog.EVENTS_CLEANUP, _("Old events removed")),
        (catalog.EVENTS_ARCHIVED, _("Events archived")),
        (catalog.EVENTS_VERIFIED, _("Verified in part that nothing was altered")),
        (catalog.COMMAND, _("Verified that nothing was altered")),
    ):
        if (done := state.done.get(name)) is None:
            yield words, _("never"), NEVER[name]
        else:
            yield words, event_at(done) if sees_events else at(done.at), outcome(name, done)
    yield from archive(state)
    yield from checkpoints(state)


def archive(state: State) -> Iterator[tuple[Any, Any, Any]]:
    """Nothing where there are no files."""
    turns = state.archive
    if not turns.get("number"):
        return
    words = ngettext("{number} file, since {time}.", "{number} files, all of them since {time}.", turns["number"])
    if turns["waiting"]:
        words = ngettext(
            "{number} file, of which {waiting} waits for its first turn.",
            "{number} files, of which {waiting} wait for their first turn.",
            turns["number"],
        )
    said = {"number": grouped(turns["number"]), "waiting": grouped(turns["waiting"]), "time": at(turns["oldest"])}
    when = _("never") if turns["newest"] is None else at(turns["newest"])
    yield _("Archive files verified"), when, format_html(words, **said)


def checkpoints(state: State) -> Iterator[tuple[Any, Any, Any]]:
    words, signed = _("Checkpoint signed"), _("The newest batches are in it.")
    if state.checkpoint is not None:
        yield words, at(state.checkpoint), signed
    elif state.is_signing:
        yield words, _("never"), _("Run manage.py eventlog_checkpoint, and see that Celery's schedule runs.")
    else:
        yield words, _("never"), _("There is no key to sign with: set EVENTLOG_SIGNING_KEY.")
    for anchor in state.anchors:
        given = gettext("Checkpoint given to %(name)s") % {"name": visible(anchor.name)}
        yield given, _("never") if anchor.made_at is None else at(anchor.made_at), kept(anchor)


def kept(anchor: EventAnchor) -> str:
    if anchor.failures:
        words = gettext("It has not taken the next one (%(number)s times): %(error)s")
        return words % {"number": grouped(anchor.failures), "error": visible(anchor.last_error)}
    size = anchor.size or 0
    words = ngettext("%(number)s entry of the log.", "%(number)s entries of the log.", size)
    return words % {"number": grouped(size)}


def event_at(done: Done) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:eventlog_event_change", args=[done.event]), at(done.at))


def outcome(name: str, done: Done) -> str:
    data = done.data if isinstance(done.data, dict) else {}
    if name == catalog.EVENTS_VERIFIED and done.status == catalog.SUCCESS:
        number = data.get("events", 0)
        words = ngettext(
            "The log and %(number)s event are as stored.", "The log and %(number)s events are as stored.", number
        )
        return words % {"number": grouped(number)}
    if name in (catalog.COMMAND, catalog.EVENTS_VERIFIED):
        if done.status == catalog.SUCCESS:
            return gettext("Everything is as it was stored.")
        altered = name == catalog.EVENTS_VERIFIED or data.get("exit_status") == ALTERED
        return gettext("Something is not as it was stored.") if altered else gettext("It could not be found out.")
    rows = data.get("rows")
    if not isinstance(rows, int):
        return ""
    return ngettext("%(number)s event.", "%(number)s events.", rows) % {"number": grouped(rows)}


def with_code(words: str) -> SafeString:
    """What stands between backticks as code."""
    parts = enumerate(words.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", p) if n % 2 else p,) for n, p in parts))
