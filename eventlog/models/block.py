"""Who may not sign in for a while: an account from an address, or an account from addresses that are new to it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventlog.visible import visible


class BlockQuerySet(models.QuerySet["Block"]):
    def in_force(self, now: datetime | None = None) -> Self:
        return self.filter(until__gt=now or timezone.now(), lifted_at=None)

    def against(self, address: str, username: str) -> Self:
        """Those that a sign-in with this name from this address runs into; `username` as `blocks.normalised` has it."""
        return self.in_force().filter(Q(address=address) | Q(address=None), username=username)


class Block(models.Model):
    """One row a pair, used again when the pair is blocked again: what became of it before is in the events.

    Without an address the account is blocked from everywhere but the addresses that it is used to.
    """

    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    username = models.CharField(_("account"), max_length=150)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # the rule's name
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    times = models.PositiveIntegerField(_("times"), default=1)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        db_table = "event_blocks"
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ("-until",)
        constraints = (
            # Each sign-in asks by it, and a pair that is blocked twice is one row.
            models.UniqueConstraint(fields=["username", "address"], name="event_blocks_pair", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return visible(f"{self.username} ← {self.address or '*'}")

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and self.until > timezone.now()
