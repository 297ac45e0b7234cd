"""People of the school, their mail, and the worker that sends it."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from rest_framework.test import APIClient

from edupro.celery import app
from edupro.people.models import Account
from edupro.school.tests.conftest import (
    PASSWORD,
    admin_api,
    client_of,
    guru,
    guru_api,
    person,
    quick_passwords,
    siswa,
    speaking_for,
)

__all__ = [
    "PASSWORD",
    "admin_api",
    "client_of",
    "guru",
    "guru_api",
    "person",
    "quick_passwords",
    "siswa",
    "speaking_for",
]

NEW_PASSWORD = "a horse of another colour"


@pytest.fixture(autouse=True)
def worker_at_once() -> Iterator[None]:
    """Tasks run where they are sent, and their faults come through."""
    before = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager, app.conf.task_eager_propagates = before


@pytest.fixture
def link(mailoutbox: list[EmailMessage]) -> Callable[[], str]:
    """The path of the link in the only mail there is."""

    def only() -> str:
        (mail,) = mailoutbox
        (path,) = re.findall(r"https?://[^/]+(/accounts/reset/\S+)", mail.body)
        return str(path)

    return only


@pytest.fixture
def speak() -> Callable[[User], APIClient]:
    return speaking_for


@pytest.fixture
def temporary(person: Callable[..., User]) -> User:
    """A student whose password an administrator has set."""
    user = person("siswa")
    Account.objects.create(user=user, password_is_temporary=True)
    return user
