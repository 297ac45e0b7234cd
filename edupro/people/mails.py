"""Mail to people, as plain text."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from edupro.people.links import link_for

RESET, INVITATION = "password_reset", "invitation"  # templates/registration/*_subject.txt and *_email.txt


def send_link(template: str, user: User, *, language: str, origin: str) -> None:
    """Raises what the mail server says (OSError)."""
    context = {"user": user, "link": link_for(user, origin), "days": settings.PASSWORD_RESET_TIMEOUT // 86_400}
    with translation.override(language):
        subject = render_to_string(f"registration/{template}_subject.txt", context)
        body = render_to_string(f"registration/{template}_email.txt", context)
    EmailMessage(" ".join(subject.split()), body, to=[user.email]).send()
