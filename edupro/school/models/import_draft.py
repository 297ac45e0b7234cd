"""An uploaded table between its preview and the word to go ahead."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT = timedelta(days=1)


class PrivateStorage(FileSystemStorage):
    """Below MEDIA_ROOT, for this program's eyes only."""

    def url(self, name: str | None) -> str:
        raise ValueError("A draft has no address.")


def private_storage() -> PrivateStorage:
    return PrivateStorage(file_permissions_mode=0o600, directory_permissions_mode=0o700)


def draft_path(draft: "ImportDraft", filename: str) -> str:
    return f"imports/{uuid4().hex}{Path(filename).suffix.lower()}"


class ImportDraftQuerySet(models.QuerySet["ImportDraft"]):
    def old(self) -> "ImportDraftQuerySet":
        return self.filter(created__lt=timezone.now() - KEPT)


class ImportDraft(models.Model):
    """One a user and kind of record; `plan` is the fingerprint of what the preview has shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    entity = models.CharField(max_length=20)
    file = models.FileField(upload_to=draft_path, storage=private_storage)
    name = models.CharField(max_length=255)  # the file's, as it was uploaded
    sha256 = models.CharField(max_length=64)
    plan = models.CharField(max_length=64)
    created = models.DateTimeField(default=timezone.now)

    objects = ImportDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("import draft")
        verbose_name_plural = _("import drafts")
        indexes = [models.Index(fields=["created"], name="draft_by_age")]  # which to remove
        constraints = [models.UniqueConstraint(fields=["user", "entity"], name="one_draft_a_user_and_entity")]

    def __str__(self) -> str:
        return self.name
