"""The life of an account: registered, its password set, locked, unlocked."""

from functools import partial

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from edupro.people import tasks
from edupro.people.models import Account
from edupro.people.positions import Position, take_up
from edupro.people.rights import may_manage


class Refused(Exception):
    """The message says why, in the reader's language."""


@transaction.atomic
def register(user: User, *, position: Position, password: str | None, origin: str) -> None:
    """Save a new user. Without a password he is sent a link to set one; `origin` is where: https://school.example."""
    user.set_password(password)  # None: one that nobody can enter
    user.save()
    Account.objects.create(user=user, password_is_temporary=password is not None)
    take_up(user, position)
    if password is None:
        invitation = partial(tasks.send_invitation.delay, user.pk, get_language() or settings.LANGUAGE_CODE, origin)
        transaction.on_commit(invitation)


# --- passwords ---
def password_was_set(user: User, *, by_owner: bool) -> None:
    """Call it after each new password. One that somebody else knows holds until the next sign-in."""
    if by_owner:
        Account.objects.filter(user=user).update(password_is_temporary=False)
    else:
        Account.objects.update_or_create(user=user, defaults={"password_is_temporary": True})
    end_tokens(user)  # sessions end by themselves: Django keeps a hash of the password in them


def end_tokens(user: User) -> None:
    """Refresh tokens; access tokens carry a hash of the password, too."""
    left = OutstandingToken.objects.filter(user=user, expires_at__gt=timezone.now(), blacklistedtoken=None)
    BlacklistedToken.objects.bulk_create((BlacklistedToken(token=token) for token in left), ignore_conflicts=True)


def end_sessions(user: User) -> None:
    """Reads every session that lives, since they are not kept by user: a school has thousands, not millions."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).iterator()
    keys = [session.pk for session in living if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=keys).delete()


# --- locks ---
@transaction.atomic
def lock(user: User, *, by: User) -> None:
    """No sign-in, session or token works until it is unlocked; then a new sign-in is needed. Raises Refused."""
    superusers = set(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
    if user == by:
        raise Refused(_("You cannot lock your own account."))
    if superusers == {user}:
        raise Refused(_("This is the last superuser: somebody must be able to unlock accounts."))
    turn(user, by=by, on=False)
    end_sessions(user)
    end_tokens(user)


def unlock(user: User, *, by: User) -> None:
    """Raises Refused."""
    turn(user, by=by, on=True)


def turn(user: User, *, by: User, on: bool) -> None:
    if not may_manage(by, user):
        raise Refused(_("This account may do more than yours."))
    if user.is_active != on:
        user.is_active = on
        user.save(update_fields=["is_active"])
