"""Requests of people in the console: entered by one, and where something is to be erased, confirmed by another."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.models import SubjectRequest
from eventlog.models.subject import CONFIRMED, DONE, ERASE, EXPORT, OPEN, REFUSED, TIME_TO_ANSWER
from eventlog.pipeline.outbox import events_alias
from eventlog.subjects.erase import tell
from eventlog.subjects.gathering import ACCOUNT
from eventlog.subjects.person import account_kind

DECIDE: Final = "eventlog.change_subjectrequest"


def enter(request: SubjectRequest, *, by: Any) -> None:
    """`by` is a user. The time to answer begins when it was received. Raises ValidationError."""
    using = events_alias()
    request.entered_by, request.entered_by_user_id = by.get_username(), by.pk
    request.due_at = request.received_at + TIME_TO_ANSWER
    request.full_clean()
    with transaction.atomic(using=using):
        request.save(using=using, force_insert=True)
        tell(catalog.SUBJECT_REQUESTED, request.pk, {"kind": request.kind, "due": request.due_at.isoformat()}, using)


def may_confirm(request: SubjectRequest, user: Any) -> bool:
    """Another one than who has entered it, and nobody who may do everything: it takes two to forget somebody."""
    is_second = not has_entered(request, user) and not is_about(request, user)
    return is_second and not user.is_superuser and user.has_perm(DECIDE)


def has_entered(request: SubjectRequest, user: Any) -> bool:
    """By the account, which may have another name by now, or by the name, where it was entered without one."""
    is_by_name: bool = request.entered_by.lower() == user.get_username().lower()
    return is_by_name or request.entered_by_user_id == user.pk


def is_about(request: SubjectRequest, user: Any) -> bool:
    """By name, by number, or by the record of the account."""
    key, kinds = str(user.pk), {ACCOUNT, account_kind()}
    is_record = request.entity_type in kinds and request.entity_id == key
    return is_record or request.username.lower() in {user.get_username().lower(), key}


def confirm(request: SubjectRequest, *, by: Any) -> bool:
    """From now on it is being erased, by the next run of the task. False where somebody has decided already."""
    if request.kind != ERASE or not may_confirm(request, by):
        raise PermissionDenied
    return decided(request, CONFIRMED, catalog.SUBJECT_CONFIRMED, by=by)


def refuse(request: SubjectRequest, reason: str, *, by: Any) -> bool:
    return decided(request, REFUSED, catalog.SUBJECT_REFUSED, by=by, reason=reason)


def answer(request: SubjectRequest, *, by: Any) -> bool:
    """The person has been given the data in another way than by the command."""
    if request.kind != EXPORT:
        raise PermissionDenied
    return decided(request, DONE, catalog.SUBJECT_EXPORTED, by=by, done_at=timezone.now())


def decided(request: SubjectRequest, state: str, event_type: str, *, by: Any, **more: Any) -> bool:
    using = events_alias()
    columns = {"state": state, "decided_by": by.get_username(), "decided_at": timezone.now(), "entered_by_user": None}
    columns |= more
    with transaction.atomic(using=using):
        if not SubjectRequest.objects.using(using).filter(pk=request.pk, state=OPEN).update(**columns):
            return False
        tell(event_type, request.pk, {"kind": request.kind}, using)
    return True
