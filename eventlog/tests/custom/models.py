"""A user without `username`, `is_staff` or an integer key."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class People(BaseUserManager["Person"]):
    def create_user(self, address: str, password: str) -> "Person":
        person = self.model(address=address)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    address = models.CharField(max_length=200, unique=True)
    motto = models.CharField(max_length=50, blank=True)

    USERNAME_FIELD = "address"
    objects = People()
