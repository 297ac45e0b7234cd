"""What somebody must or should see first. Sessions and tokens carry it from the sign-in on, so that nobody has to ask.

Whoever sets a password ends all sessions and tokens, so what they carry is never out of date.
"""

from typing import Any, Final

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from edupro.people.models import Account
from edupro.people.session_keys import PASSWORD_IS_TEMPORARY, WELCOME_IS_DUE

CLAIM: Final = "password_is_temporary"  # of a token


def remind(sender: Any, user: User, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """After a sign-in by session."""
    account = Account.objects.filter(user=user).first()
    if account is None or request is None or not hasattr(request, "session"):
        return
    if account.password_is_temporary:
        request.session[PASSWORD_IS_TEMPORARY] = True
    if account.welcomed_at is None:
        request.session[WELCOME_IS_DUE] = True


def has_temporary_password(user: User) -> bool:
    return Account.objects.filter(user=user, password_is_temporary=True).exists()


def welcomed(user: User) -> None:
    Account.objects.filter(user=user, welcomed_at=None).update(welcomed_at=timezone.now())
