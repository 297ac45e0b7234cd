"""What becomes of accounts: registered, locked, password changed or reset, rights given or taken."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import models
from django.db.models.signals import m2m_changed

from eventlog import catalog
from eventlog.capture.queries import uncounted
from eventlog.capture.requests import current_visit
from eventlog.capture.telling import label_of, tell
from eventlog.capture.watched import FLAGS
from eventlog.conf import conf
from eventlog.pipeline import roles
from eventlog.values import Values, key_text

ACTIVE = "is_active"
MAX_NAMES = 100  # of a change; nobody reads more


def connect() -> None:
    """Listen to the relations that give rights: a user's groups and permissions, a group's permissions."""
    user_model = get_user_model()
    for owner, relation in ((user_model, "groups"), (user_model, "user_permissions"), (Group, "permissions")):
        through = getattr(getattr(owner, relation, None), "through", None)
        if through is not None:
            m2m_changed.connect(rights_changed, sender=through, dispatch_uid=f"eventlog.rights.{relation}")


def saved(
    user: Any, differing: Collection[str], *, created: bool, update_fields: Collection[str] | None, using: str
) -> None:
    """A user was saved, and these columns of its row have changed."""
    about = {"entity_type": "user", "entity_id": user.pk, "entity_name": user.get_username(), "using": using}
    if created:
        flags = {name: getattr(user, name) for name in FLAGS if hasattr(user, name)}
        tell(catalog.USER_REGISTER, **about, event_data=flags)
        return
    if "password" in differing and not is_rehash(user, update_fields):
        tell(catalog.PASSWORD_RESET if in_reset() else catalog.PASSWORD_CHANGE, **about)
    flags = {name: getattr(user, name) for name in FLAGS if name in differing}
    if flags:
        roles.forget()
    if ACTIVE in flags:
        tell(lock_type(flags.pop(ACTIVE)), **about)
    if flags:
        tell(catalog.PERMISSION_CHANGE, **about, changed_fields=list(flags), new_values=flags)


def lock_type(active: Any) -> str:
    return catalog.ACCOUNT_UNLOCK if active else catalog.ACCOUNT_LOCK


def saved_in_bulk(before: Mapping[Any, Values], after: Mapping[Any, Values], *, using: str) -> None:
    """One statement has changed these accounts, each given by its key. Locks are told account by account."""
    user_model = get_user_model()
    known = {key: values[ACTIVE] for key, values in after.items() if ACTIVE in values and ACTIVE in before[key]}
    turned = {key: active for key, active in known.items() if active != before[key][ACTIVE]}
    if not turned:
        return
    roles.forget()
    with uncounted():
        rows = user_model._base_manager.using(using).filter(pk__in=list(turned))
        called = dict(rows.values_list("pk", user_model.USERNAME_FIELD))
    for key, active in turned.items():
        about = {"entity_type": "user", "entity_id": key_text(key), "entity_name": called.get(key, "")}
        tell(lock_type(active), using=using, **about)


def in_reset() -> bool:
    """Whether the password is set through a link that was sent: told by the view that the request is for."""
    visit = current_visit()
    match = visit.request.resolver_match if visit is not None else None
    return match is not None and (is_reset_view(match.func) or match.view_name in conf.PASSWORD_RESET_VIEWS)


@lru_cache(maxsize=2048)
def is_reset_view(view: Callable[..., Any]) -> bool:
    shown = getattr(view, "view_class", None)
    return isinstance(shown, type) and issubclass(shown, PasswordResetConfirmView)


def is_rehash(user: Any, update_fields: Collection[str] | None) -> bool:
    """Whether Django only stores the same password under a newer hash, as it does at sign-in."""
    return getattr(user, "_password", None) is None and set(update_fields or ()) == {"password"}


def rights_changed(
    sender: type[models.Model],
    instance: Any,
    action: str,
    reverse: bool,
    model: type[models.Model],
    pk_set: set[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    """From either side of the relation. A clearing is told before it happens, while there is something to name."""
    if action not in ("post_add", "post_remove", "pre_clear") or pk_set == set() or not conf.ENABLED:
        return
    roles.forget()
    tell(
        catalog.PERMISSION_CHANGE,
        using=using,
        entity_type=instance._meta.model_name,
        entity_id=instance.pk,
        entity_name=label_of(instance, using=using),
        action=action.partition("_")[2],
        event_data={
            "relation": sender._meta.label,
            "what": names(model, pk_set, using),
            "from_other_side": reverse,
        },
    )


def names(model: type[models.Model], keys: set[Any] | None, using: str) -> list[str]:
    """What the other side's records call themselves, permissions by their code; `*` for all of them."""
    if keys is None:
        return ["*"]
    rows = model._base_manager.using(using).filter(pk__in=sorted(keys)[:MAX_NAMES])
    with uncounted():
        if model is Permission:
            return sorted(".".join(code) for code in rows.values_list("content_type__app_label", "codename"))
        return sorted(label_of(row, using=using) for row in rows)
