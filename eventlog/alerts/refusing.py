"""Why an alert cannot become what somebody wants of it; above all, that nobody acknowledges, closes or
mutes what is about himself.

That holds for everybody, superusers and the only reviewer included: it takes a second person. Each attempt is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.alerts import telling
from eventlog.detection.observations import account_of
from eventlog.models import Alert, Event
from eventlog.registry import audit_of

OWN: Final = "OWN_ALERT"  # the error code of an attempt
AT_ACCOUNTS: Final = frozenset(
    {
        catalog.BRUTE_FORCE,
        catalog.DISTRIBUTED_BRUTE_FORCE,
        catalog.PASSWORD_SPRAYING,
        catalog.CREDENTIAL_STUFFING,
        catalog.USER_ENUMERATION,
    }
)


class NotPossible(Exception):
    """`field` is what cannot be as it was asked for; the text says why, in the reader's language."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class NotByHim(NotPossible):
    """Somebody else may do it."""

    def __init__(self, tell: Callable[[], object]) -> None:
        super().__init__(
            "state", _("This alert is about yourself: somebody else has to acknowledge, close or mute it.")
        )
        self.tell: Callable[[], object] | None = tell


@contextmanager
def attempts_told() -> Iterator[None]:
    """Around a transaction, since what is told within is undone with it."""
    try:
        yield
    except NotByHim as no:
        if no.tell is not None:
            no.tell()
            no.tell = None
        raise


def refuse_own(alert: Alert, by: Any, wanted: str) -> None:
    """Raises NotByHim."""
    if by is not None and is_about(alert, by):
        raise NotByHim(partial(telling.tell_refused, alert, wanted, OWN))


def is_about(alert: Alert, user: Any) -> bool:
    """Whether it names the user's account, or rests on what he did, or on what was done to his account."""
    return is_account(alert.target, user) or is_in_evidence(alert, user)


def is_account(target: str, user: Any) -> bool:
    kind, _colon, name = target.partition(":")
    if kind == "account":
        return name == str(user.pk)
    return kind == "user" and account_of(name) == account_of(user.get_username())


def is_in_evidence(alert: Alert, user: Any) -> bool:
    """Also where a finding lists his account, unless as one of those that were attacked: who guesses at everybody's
    password must not keep everybody from closing that."""
    findings: Any = list(alert.findings.values_list("events", "data"))
    accounts = {account_of(str(name)) for _events, data in findings for name in data.get("accounts") or ()}
    if alert.event_type not in AT_ACCOUNTS and account_of(user.get_username()) in accounts:
        return True
    keys = {*alert.evidence.values(), *(UUID(key) for events, _data in findings for key in events)}
    his = Q(user_id=user.pk) | Q(username__iexact=user.get_username()) & ~Q(event_type=catalog.LOGIN_FAILED)
    audit = audit_of(get_user_model())
    done_to_him = Q(entity_type__in=["user", *([audit.name] if audit else [])], entity_id=str(user.pk))
    return Event.objects.using(alert._state.db).with_ids(keys).filter(his | done_to_him).exists()
