"""Views of the list that somebody keeps under a name, for himself or for everybody."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from eventlog.admin.asking import Question
from eventlog.models import SavedView

MAX_VIEWS: Final = 100  # of one person


def save(request: HttpRequest) -> HttpResponse:
    """Under a name that its owner has already, the new question takes the place of the old one."""
    question = Question.of(request.POST.dict())
    name = request.POST.get("name", "").replace("\0", "").strip()[:80]
    address = question.address(**columns_of(request))
    back = redirect(reverse("admin:eventlog_event_changelist") + question.address())
    if request.method != "POST":
        return redirect("admin:eventlog_event_changelist")
    if not name or question.problem or len(address) > 4000:
        messages.error(request, _("Give the view a name, and a search that can be understood."))
    elif SavedView.objects.filter(owner_id=request.user.pk).exclude(name=name).count() >= MAX_VIEWS:
        messages.error(request, _("You have as many views as there may be. Delete one of them first."))
    else:
        values = {"address": address, "is_shared": "is_shared" in request.POST}
        SavedView.objects.update_or_create(values, owner_id=request.user.pk, name=name)
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": name})
    return back


def columns_of(request: HttpRequest) -> dict[str, str]:
    names = request.POST.get("columns", "")
    return {"columns": names} if names else {}


def forget(request: HttpRequest, key: int) -> HttpResponse:
    """One's own alone, but for superusers."""
    views = SavedView.objects.filter(pk=key)
    mine = views if request.user.is_superuser else views.filter(owner_id=request.user.pk)
    view = mine.first()
    if view is None:
        raise Http404
    if request.method == "POST":
        view.delete()
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect("admin:eventlog_event_changelist")
