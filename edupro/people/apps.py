"""Wiring of the accounts: what a sign-in reminds of."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "edupro.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from edupro.people.first_steps import remind

        user_logged_in.connect(remind, dispatch_uid="people.first_steps")
