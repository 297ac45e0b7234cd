"""Who may do what to whose account. The role admin manages accounts, but nobody reaches beyond his own rights."""

from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet

Right = tuple[str, str]  # app label, codename


def rights_of(user: User) -> set[Right]:
    """By hand and by groups, also of a locked account: it may be unlocked tomorrow."""
    return named(Permission.objects.filter(Q(user=user) | Q(group__user=user)))


def named(permissions: QuerySet[Permission]) -> set[Right]:
    return set(permissions.values_list("content_type__app_label", "codename"))


def may_manage(actor: User, user: User) -> bool:
    """Change, lock, set a password: whoever can do that to an account can act as it. So never one that may more."""
    if actor.is_superuser or actor.pk == user.pk:
        return True
    return not user.is_superuser and rights_of(user) <= rights_of(actor)


def roles_to_give(actor: User, roles: tuple[str, ...]) -> list[str]:
    """Of these roles those that hold no right that the giver lacks."""
    if actor.is_superuser:
        return list(roles)
    own = rights_of(actor)
    return [role for role in roles if named(Permission.objects.filter(group__name=role)) <= own]


def may_register(user: User) -> bool:
    """Django's own rule: whoever adds users must be allowed to change them."""
    return user.has_perms(["auth.add_user", "auth.change_user"])
