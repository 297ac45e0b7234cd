"""What the school knows of an account besides what Django does."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """Made by a registration or with a password of somebody else's making; an account without one owes nothing."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="account", verbose_name=_("account")
    )
    password_is_temporary = models.BooleanField(_("password is temporary"), default=False)  # somebody else knows it
    welcomed_at = models.DateTimeField(_("welcomed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return str(self.user)
