"""The dashboard's place in the admin."""

from django.utils.translation import gettext_lazy as _

from eventlog.models.event import Event


class Dashboard(Event):
    """No table and no rights of its own: what a page needs to be in the admin's lists, with an address like those of
    models. Who may see it is who may see events."""

    class Meta:
        proxy = True
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboard")
        default_permissions = ()
