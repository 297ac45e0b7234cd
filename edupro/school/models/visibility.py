"""Whose records somebody may see."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from edupro.school.models.kelas import KelasGuru
from edupro.school.roles import school_roles


class StudentsQuerySet(models.QuerySet[Any]):
    """Students, or what the school keeps about them."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those that `user` may see of the kinds that it may see at all; the kinds are for model permissions to say.

        Superusers and the role admin see all; a teacher the students of his classes; a student himself; who is both
        teacher and student, either. Who has no role of the school (an auditor, a program's account) sees what somebody
        has permitted him by hand: all of a kind that he may view, else nothing. A permission given by hand to a
        teacher or a student shows them more kinds, never more students.
        """
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.is_superuser or "admin" in (roles := school_roles(user)):
            return self
        if not roles:
            return self if user.has_perm(self._view_permission()) else self.none()
        theirs = models.Q(pk__in=())
        if "guru" in roles:
            classes = KelasGuru.objects.filter(user=user).values("kelas")
            theirs |= models.Q(**{f"{self._student()}kelas__in": classes})
        if "siswa" in roles:
            theirs |= models.Q(**{f"{self._student()}user": user})
        return self.filter(theirs)

    def _student(self) -> str:
        """The way from a row to its student: nowhere, or over `siswa`."""
        try:
            self.model._meta.get_field("siswa")
        except FieldDoesNotExist:
            return ""
        return "siswa__"

    def _view_permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"
