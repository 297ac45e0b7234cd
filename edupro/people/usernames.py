"""What accounts may be called."""

import re

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{2,29}")
RULES = _(
    "3 to 30 characters: small letters a–z, figures, dot, hyphen and underscore; the first a letter or a figure. "
    "For example budi.santoso, or a student number."
)


def validate_username(name: str) -> None:
    """Raise ValidationError for what no new account may be called. Case aside, a name is given once."""
    if not PATTERN.fullmatch(name):
        raise ValidationError(RULES, code="username_rules")
    if User.objects.filter(username__iexact=name).exists():
        raise ValidationError(_("There is an account of this name already."), code="username_taken")
