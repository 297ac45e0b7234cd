"""What there is to know about an audited model whenever one of its records is saved; worked out once."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from django.db import models

from eventlog.conf import conf
from eventlog.registry import Audit, audit_of, by_triggers, is_account
from eventlog.values import Field, chosen, fields_of, masked_names

FLAGS = ("is_active", "is_staff", "is_superuser")  # of an account, whatever of it is audited
ACCOUNT_FIELDS = ("password", *FLAGS)


@dataclass(frozen=True, slots=True)
class Watch:
    """`fields` are compared before and after; of these `audit` tells, if the model is audited, those named in `told`.

    `account` says that its records are users, whose password and rights are watched in any case.
    """

    audit: Audit | None
    account: bool
    fields: tuple[Field, ...]
    told: frozenset[str]
    masked: frozenset[str]

    def written(self, update_fields: Collection[str] | None) -> tuple[Field, ...]:
        """Those that a save of only these fields writes."""
        return self.fields if update_fields is None else chosen(self.fields, update_fields)


def watch_of(model: type[models.Model]) -> Watch | None:
    """None where nobody wants to know, or triggers tell already."""
    if not conf.ENABLED:
        return None
    audit = None if by_triggers(model) else audit_of(model)
    account = is_account(model)
    return None if audit is None and not account else watched(model, audit, account)


def audited_here(model: type[models.Model]) -> Watch | None:
    """As `watch_of`, for audited models only."""
    watch = watch_of(model)
    return None if watch is None or watch.audit is None else watch


@lru_cache(maxsize=1024)
def watched(model: type[models.Model], audit: Audit | None, account: bool) -> Watch:
    told = fields_of(model, audit) if audit is not None else ()
    besides = chosen(model._meta.concrete_fields, ACCOUNT_FIELDS) if account else ()
    fields = (*told, *(field for field in besides if field not in told))
    masked = masked_names(model, audit) if audit is not None else frozenset()
    return Watch(audit, account, fields, frozenset(field.attname for field in told), masked)
