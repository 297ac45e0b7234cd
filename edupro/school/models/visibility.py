"""Whose records somebody may see."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class StudentsQuerySet(models.QuerySet[Any]):
    """Students, or what the school keeps about them."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those that `user` may see of the kinds that it may see at all."""
        return self
