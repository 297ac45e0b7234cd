"""The link by which somebody sets a password without knowing the old one: in an invitation, or when it is forgotten."""

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode


def origin_of(request: HttpRequest) -> str:
    """`https://school.example`, as the sender calls us; `ALLOWED_HOSTS` has been asked."""
    return request.build_absolute_uri("/").rstrip("/")


def link_for(user: User, origin: str) -> str:
    """Good once, and until `PASSWORD_RESET_TIMEOUT`, a sign-in, or a change of the password or the address."""
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    return origin + reverse("password_reset_confirm", kwargs={"uidb64": uid, "token": token})


def owner_of(uid: str) -> User | None:
    """Whose link has this in it, unless the account is locked."""
    try:
        key = User._meta.pk.to_python(urlsafe_base64_decode(uid).decode())
        return User.objects.filter(pk=key, is_active=True).first()
    except (ValueError, TypeError, OverflowError, ValidationError):
        return None


def with_address(email: str) -> list[User]:
    """Those who get a link if somebody asks for this address. Also who has not followed the invitation yet."""
    return list(User.objects.filter(email__iexact=email, is_active=True).exclude(email=""))
