"""The three roles, as Django's groups, and what each may do."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import DEFAULT_DB_ALIAS

CRUD = ("add", "change", "delete", "view")
WRITE = ("add", "change", "view")
SCHOOL_MODELS = ("siswa", "nilairaport", "presensi", "penghasilanortu")

# role -> app label -> codenames; the settings' ROLE_PERMISSIONS adds those of apps that the school knows nothing of.
ROLES: dict[str, dict[str, set[str]]] = {
    "admin": {
        "school": {f"{action}_{model}" for action in CRUD for model in SCHOOL_MODELS},
        "auth": {"view_user", "add_user", "change_user"},  # what of it, `edupro.people.rights` says
    },
    "guru": {
        "school": {"view_siswa", *(f"{action}_{model}" for action in WRITE for model in ("nilairaport", "presensi"))},
    },
    "siswa": {"school": {f"view_{model}" for model in ("siswa", "nilairaport", "presensi")}},
}


def grant_roles(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **kwargs: object) -> None:
    """After each app's migration: the groups, with their permissions on that app. Takes nothing away."""
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # `migrate auth zero`
        return
    label = app_config.label
    grants = {role: granted_on(label, role=role) for role in ROLES}
    if any(grants.values()):
        create_permissions(app_config, verbosity=0, using=using, apps=apps)  # Django's own receiver may come later
    for role, codenames in grants.items():
        group, _created = groups.objects.using(using).get_or_create(name=role)
        if codenames:
            granted = permissions.objects.using(using).filter(content_type__app_label=label, codename__in=codenames)
            group.permissions.add(*granted)


def granted_on(label: str, *, role: str) -> set[str]:
    """The codenames of what a role may do in one app; one that the app does not have is passed over."""
    return ROLES[role].get(label) or set(settings.ROLE_PERMISSIONS.get(role, {}).get(label, ()))


def school_roles(user: User) -> frozenset[str]:
    """Which of the three somebody has. Asked once for each instance, as Django does with permissions."""
    known: frozenset[str] | None = getattr(user, "_school_roles", None)
    if known is None:
        known = frozenset(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
        user._school_roles = known  # type: ignore[attr-defined]
    return known


def role_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """`admin` for superusers, else the first of the user's groups by name, else nothing."""
    if not isinstance(user, User):
        return ""
    if user.is_superuser:
        return "admin"
    return user.groups.order_by("name").values_list("name", flat=True).first() or ""
