"""What belongs together, in the order in which it happened: one request, one person, one record, one address."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventlog import catalog
from eventlog.addresses import timeline
from eventlog.admin import display
from eventlog.admin.asking import Question, entity, exactly
from eventlog.admin.lines import lines_of
from eventlog.admin.naming import record_title
from eventlog.admin.rows import TooLong, lines, page_of, patience
from eventlog.admin.snapshots import is_sensitive, looked, names_of
from eventlog.admin.weeks import Week
from eventlog.admin.wording import label_of
from eventlog.analytics import activity
from eventlog.cleaning import canonical_address
from eventlog.columns import stored_key
from eventlog.detection.clients import client_of
from eventlog.models import Event, EventQuerySet
from eventlog.privacy.opening import READ
from eventlog.viewed import tell_answered, tell_shown
from eventlog.visible import visible

Answer = TypeVar("Answer")
MAX_OF_REQUEST: Final = 500
MAX_FAILURES: Final = 20
MAX_OTHERS: Final = 20
SPANS: Final = ((1, gettext_lazy("1 day")), (7, gettext_lazy("7 days")), (30, gettext_lazy("30 days")))


def of_request(request: HttpRequest, events: EventQuerySet, context: dict[str, Any]) -> HttpResponse:
    key = asked(request, "id")
    found = lines(events.filter(request_id=key).order_by("timestamp", "id")[:MAX_OF_REQUEST])
    tell_shown(request, found)
    begin = found[0].timestamp if found else None
    context |= {"title": _("One request"), "about": visible(key), "lines": lines_of(found, begin=begin)}
    return answer(request, "timeline", exactly(request=key), context)


def of_user(request: HttpRequest, events: EventQuerySet, context: dict[str, Any]) -> HttpResponse:
    """By the account's number; by name where there is none, as of somebody who has only tried to sign in."""
    if key := request.GET.get("id", ""):
        pk = user_key(key)
        theirs, question = events.of_user(pk), exactly(user=str(pk))
        context |= {"account": account_address(request, pk)}
    else:
        name = asked(request, "name")
        theirs, question = events.filter(username=name), exactly(actor=name)
    context |= paged(request, theirs)
    newest: Event | None = next(iter(context.get("events", [])), None)
    name, role = (newest.username, newest.user_role) if newest else (request.GET.get("name", ""), "")
    about = visible(name) or _("user %(id)s") % {"id": visible(key)}
    context |= {"title": _("What %(name)s did") % {"name": about}, "role": visible(role), **spans(request)}
    begin = timezone.now() - timedelta(days=days_of(request))
    context |= within_patience(events, lambda: habits(theirs.since(begin)) | failures_under(name, events.since(begin)))
    return answer(request, "user", question, context)


def habits(events: EventQuerySet) -> dict[str, Any]:
    sums = activity.sums(events)
    clients: dict[str, dict[str, Any]] = {}
    for row in sums["clients"]:
        words = visible(str(client_of(row["user_agent"])))
        known = clients.setdefault(words, {"words": words, "event_count": 0, "last_seen": row["last_seen"]})
        known["event_count"] += row["event_count"]
        known["last_seen"] = max(known["last_seen"], row["last_seen"])
    addresses = [row | {"link": timeline("address", ip=row["ip_address"])} for row in sums["addresses"]]
    by_category = [(catalog.CATEGORIES[name], number) for name, number in sums["by_category"].items()]
    seen = {"addresses": addresses, "clients": list(clients.values()), "by_category": by_category}
    return {"total": sums["total"], "last_login": sums["last_login"], "week": Week.of(sums["by_hour"]), **seen}


def failures_under(name: str, events: EventQuerySet) -> dict[str, Any]:
    """The last times that somebody tried to sign in under that name, and could not."""
    return failures_among(events.filter(username=name)) if name else {}


def failures_among(events: EventQuerySet) -> dict[str, Any]:
    failed = events.filter(event_type=catalog.LOGIN_FAILED).newest_first()
    return {"failures": lines_of(lines(failed[:MAX_FAILURES]))}


def of_object(request: HttpRequest, events: EventQuerySet, context: dict[str, Any]) -> HttpResponse:
    kind, key = asked(request, "type"), asked(request, "id")
    its = events.about_record(names_of(kind), key)
    context |= paged(request, its)
    named = (event.entity_name for event in context.get("events", []) if event.entity_name and event.entity_id == key)
    name = visible(next(named, ""))
    context |= {"title": _("What happened to %(what)s") % {"what": f"{record_title(kind)} {name or visible(key)}"}}
    context |= {"kind": kind, "key": key, "about": visible(f"{kind} {key}")}
    may_read = request.user.has_perm(READ)
    context |= looked(kind, key, request.GET.get("as_of", ""), may_read=may_read)
    if "snapshot" in context and is_sensitive(kind):
        about = {"entity_type": kind, "entity_id": key, "is_sensitive": False}
        tell_answered(request, 0, about, snapshot=True)
    context |= {"changes_address": display.list_of(exactly(entity=entity(kind, key), action="UPDATE"))}
    return answer(request, "object", exactly(entity=entity(kind, key)), context)


def of_address(request: HttpRequest, events: EventQuerySet, context: dict[str, Any]) -> HttpResponse:
    ip = canonical_address(asked(request, "ip"))
    if ip is None:
        raise Http404
    its = events.filter(ip_address=ip)
    lately = its.since(timezone.now() - timedelta(days=days_of(request)))
    context |= {"title": _("What came from %(address)s") % {"address": ip}, **spans(request)}
    context |= within_patience(events, lambda: visitors(lately))
    context |= paged(request, its)
    return answer(request, "address", exactly(ip=ip), context)


def visitors(events: EventQuerySet) -> dict[str, Any]:
    people = [row | person(row["username"]) for row in events.counts_by("username", limit=MAX_OTHERS)]
    counts = events.counts_by("event_type", limit=MAX_OTHERS)
    kinds = [row | {"words": label_of(row["event_type"]), "name": visible(row["event_type"])} for row in counts]
    return {"people": people, "kinds": kinds, **failures_among(events)}


# --- what they have in common ---
def paged(request: HttpRequest, events: EventQuerySet) -> dict[str, Any]:
    """The newest events, or those from another place on."""
    try:
        found = page_of(events, request.GET.get("cursor", ""))
    except TooLong:
        return {"is_too_long": True}
    tell_shown(request, found.events)
    ways = {"newer": on(request, found.newer), "older": on(request, found.older)}
    return {"events": found.events, "lines": lines_of(found.events), **ways}


def answer(request: HttpRequest, kind: str, question: Question, context: dict[str, Any]) -> HttpResponse:
    context |= {"list_address": display.list_of(question)}
    return TemplateResponse(request, f"admin/eventlog/event/{kind}.html", context)


def on(request: HttpRequest, cursor: str) -> str:
    """The same page from another place."""
    if not cursor:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode()}"


def asked(request: HttpRequest, name: str) -> str:
    """A text that PostgreSQL can look for. Raises Http404 where there is none."""
    text = request.GET.get(name, "")
    if not text or "\0" in text:
        raise Http404
    return text


def days_of(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(days) for days, _words in SPANS} else SPANS[-1][0]


def spans(request: HttpRequest) -> dict[str, Any]:
    """How far back the sums go, to be chosen."""
    query = request.GET.copy()
    found = []
    for days, words in SPANS:
        query["days"] = str(days)
        found.append((words, f"?{query.urlencode()}", days == days_of(request)))
    return {"spans": found}


def within_patience(events: EventQuerySet, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        with patience(events.db):
            return answer()
    except TooLong:
        return {"is_too_much": True}


def user_key(text: str) -> Any:
    key = stored_key(text)
    if key is None:
        raise Http404
    return key


def account_address(request: HttpRequest, pk: Any) -> str:
    """Of the account's own page in the admin, where there is one that the reader may open."""
    model = get_user_model()
    account = model._default_manager.filter(pk=pk).first()
    try:
        pages = admin.site.get_model_admin(model)
    except NotRegistered:
        return ""
    if account is None or not pages.has_view_or_change_permission(request, account):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def person(name: str) -> dict[str, str]:
    return {"words": visible(name), "link": timeline("user", name=name)}
