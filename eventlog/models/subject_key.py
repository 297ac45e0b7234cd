"""The keys that the values of sensitive events are encrypted with, one for each subject."""

from collections.abc import Collection
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SubjectKeyQuerySet(models.QuerySet["SubjectKey"]):
    def in_use(self) -> Self:
        return self.filter(destroyed_at=None)

    def wrapped_by_others(self, name: str) -> Self:
        """Those that another master key than this one holds."""
        return self.in_use().exclude(master_key=name)

    def counts_by_master(self) -> dict[str, int]:
        found = self.in_use().order_by().values_list("master_key").annotate(models.Count("pk"))
        return dict(found.order_by("master_key"))

    def by_id(self, keys: Collection[UUID]) -> "dict[UUID, SubjectKey]":
        return {each.pk: each for each in self.filter(pk__in=keys)}


class SubjectKey(models.Model):
    """A data key, as one of `ENCRYPTION_KEYS` has wrapped it. A subject may have several; all go when it is erased.

    The row outlives the key, for by it an event says that its values were erased; whose it was is gone by then.
    """

    id = models.UUIDField(primary_key=True)
    entity_type = models.CharField(max_length=100, blank=True, default="")
    entity_id = models.CharField(max_length=255, blank=True, default="")
    master_key = models.CharField(max_length=16)  # what `privacy/keyring.py` calls it
    wrapped = models.BinaryField(null=True)  # a nonce of 12 bytes, the key's 32, a tag of 16
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    objects = SubjectKeyQuerySet.as_manager()

    class Meta:
        db_table = "event_subject_keys"
        verbose_name = _("subject's key")
        verbose_name_plural = _("subjects' keys")
        default_permissions = ()
        indexes = [
            models.Index(  # which key is this subject's?
                fields=["entity_type", "entity_id"],
                name="event_subject_keys_subject",
                condition=models.Q(destroyed_at=None),
            ),
            models.Index(  # which are to be wrapped anew?
                fields=["master_key", "id"],
                name="event_subject_keys_master",
                condition=models.Q(destroyed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
