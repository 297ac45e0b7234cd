"""The list of events: what was asked for, a page of what was found, and the ways on from there."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin import columns
from eventlog.admin.asking import EXAMPLES, RANGES, Question, anything
from eventlog.admin.facets import Facet, are_exact, facets
from eventlog.admin.rows import TooLong, page_of, patience
from eventlog.analytics.source import source_for
from eventlog.conf import conf
from eventlog.export.formats import FORMATS
from eventlog.models import Archive, EventQuerySet, SavedView
from eventlog.pipeline.outbox import events_alias
from eventlog.retention.keeping import Keeping
from eventlog.search.terms import FIELDS
from eventlog.search.writing import written
from eventlog.viewed import tell_shown, tell_watched

COOKIE: Final = "eventlog_columns"  # the columns that were last chosen on this machine
YEAR: Final = 365 * 24 * 3600  # seconds


def answer(request: HttpRequest, events: EventQuerySet, context: dict[str, Any]) -> HttpResponse:
    question = Question.of(request.GET.dict())
    names = ",".join(request.GET.getlist("columns")) or request.COOKIES.get(COOKIE, "")
    shown = columns.columns(names.split(","))
    context |= {"title": _("Events"), "question": question, **ways_on(question), **help_with(question)}
    context |= {"columns": shown, "all_columns": columns.COLUMNS.values(), "views": views_of(request)}
    context |= found(request, question, events, shown)
    tell = tell_watched if context.get("is_live") else tell_shown
    tell(request, context.get("events", []))
    response = TemplateResponse(request, "admin/eventlog/event/list.html", context)
    if "columns" in request.GET:
        response.set_cookie(COOKIE, ",".join(each.name for each in shown), YEAR, httponly=True, samesite="Lax")
    return response


def found(
    request: HttpRequest, question: Question, events: EventQuerySet, shown: list[columns.Column]
) -> dict[str, Any]:
    """What was found, or why nothing could be."""
    if question.problem:
        return {"problem": question.problem}
    try:
        page = page_of(events.filter(question.condition()), request.GET.get("cursor", ""))
    except TooLong:
        return {"is_too_long": True}
    picks = columns.Picks(question)
    return {
        "events": page.events,
        "rows": [[(column, column.show(event, picks)) for column in shown] for event in page.events],
        "newer": question.address(cursor=page.newer) if page.newer else "",
        "older": question.address(cursor=page.older) if page.older else "",
        "facets": facets_of(request, question, events),
        "are_exact": are_exact(question),
        "archived": archived_part(question),
        **({} if page.events else nothing(question, events)),
    }


def facets_of(request: HttpRequest, question: Question, events: EventQuerySet) -> list[Facet]:
    """Left out where even counting takes too long; the list is there all the same."""
    try:
        with patience(events.db):
            return facets(question, source_for(request.user, question.window()))
    except TooLong:
        return []


def nothing(question: Question, events: EventQuerySet) -> dict[str, Any]:
    """For an empty list: how far back the log goes, and where there may be more."""
    days = sorted(Keeping().periods.values())
    kept = str(days[0]) if days[0] == days[-1] else f"{days[0]}–{days[-1]}"
    return {"begins_at": events.begins_at(), "retention_days": kept, "wider": question.at("")}


def archived_part(question: Question) -> dict[str, Any] | None:
    """What of the time lies in the archive, and is here only where it was brought back; None where nothing does."""
    window, kept_from = question.window(), Keeping().earliest
    if not conf.ARCHIVE_DIR or window.begin >= kept_from:
        return None
    files = Archive.objects.using(events_alias()).kept().between(window.begin, min(window.end, kept_from))
    span = files.order_by().aggregate(begin=Min("first_timestamp"), last=Max("last_timestamp"))
    if span["begin"] is None:
        return None
    begin, last = max(span["begin"], window.begin), min(span["last"], window.end)
    end = last + timedelta(minutes=1)  # the command's times are of whole minutes
    return {"begin": begin, "last": last, "from": in_minutes(begin), "to": in_minutes(end)}


def in_minutes(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes")


def ways_on(question: Question) -> dict[str, Any]:
    """Ranges, parts that can be taken away, exports."""
    ranges = [
        (words, question.at(since, until).address(), (question.since, question.until) == (since, until))
        for since, until, words in RANGES
    ]
    return {
        "ranges": ranges,
        "range_words": range_words(question, ranges),
        "parts": [(written(part), question.without(part).address()) for part in question.parts()],
        "formats": [(name, question.for_programs(format=name)) for name in FORMATS],
        "first_day": day_in(question.since),
        "last_day": day_in(question.until),
    }


def day_in(time: str) -> str:
    """What a field for a day can show of it."""
    return time[:10] if time[:4].isdigit() else ""


def range_words(question: Question, ranges: list[tuple[Any, str, bool]]) -> str:
    for words, _address, is_chosen in ranges:
        if is_chosen:
            return str(words)
    told = {"since": in_words(question.since) or "…", "until": in_words(question.until) or gettext("now")}
    return gettext("from %(since)s to %(until)s") % told


def in_words(time: str) -> str:
    """A moment as the list below writes it; any other time as it was asked for."""
    if "T" not in time:
        return time
    try:
        moment = datetime.fromisoformat(time)
        here = timezone.localtime(moment) if moment.tzinfo else moment
    except (ValueError, OverflowError):  # the second at the ends of what a date can be
        return time
    return f"{here:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def help_with(question: Question) -> dict[str, Any]:
    """Examples are links that keep the time."""
    fields = [(name, field.expects, field.example, example(question, field.example)) for name, field in FIELDS.items()]
    examples = [(words, text, anything(text, since=since).address()) for text, since, words in EXAMPLES]
    return {"fields": fields, "examples": examples}


def example(question: Question, text: str) -> str:
    return "" if text.endswith("…") else anything(text, since=question.since, until=question.until).address()


def views_of(request: HttpRequest) -> list[SavedView]:
    return list(SavedView.objects.visible_to(request.user))
