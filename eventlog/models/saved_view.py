"""Questions that somebody asks the list of events again and again."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """One's own and those that are shared, one's own first."""
        mine = models.Q(owner_id=user.pk)
        return self.filter(mine | models.Q(is_shared=True)).order_by(models.Case(models.When(mine, then=0)), "name")


class SavedView(models.Model):
    """`address` is the query string of the list, with its question mark."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("whose it is"))
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("question"), max_length=4000)
    is_shared = models.BooleanField(_("for everybody"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        db_table = "event_saved_views"
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="event_saved_views_name")]

    def __str__(self) -> str:
        return self.name
