"""Wiring of the school: its name and, after every `migrate`, its roles."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SchoolConfig(AppConfig):
    name = "edupro.school"
    label = "school"
    verbose_name = _("School")

    def ready(self) -> None:
        from edupro.school.roles import grant_roles

        post_migrate.connect(grant_roles, dispatch_uid="school.roles")
