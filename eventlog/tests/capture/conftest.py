"""A site to ask things of, and the events that it leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import AsyncClient, Client
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken

from edupro.people.tokens import introduce
from edupro.school.models import KelasGuru, Siswa
from eventlog.models import Event
from eventlog.tests.altering import forget

PASSWORD = "correct horse battery staple"
Find = Callable[..., Event]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.ROOT_URLCONF = "eventlog.tests.capture.urls"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def pages_that_do_not_look(settings: Settings) -> None:
    """The school's own middleware looks at every session, which many of these tests are about."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("edupro.")]


SYNC_ONLY = ("whitenoise.middleware.WhiteNoiseMiddleware", "csp.middleware.CSPMiddleware")


@pytest.fixture
def on_the_loop(settings: Settings) -> None:
    """Django moves ours into a thread where any middleware below it cannot be awaited."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in SYNC_ONLY]


@pytest.fixture
def async_client(on_the_loop: None) -> AsyncClient:
    return AsyncClient(raise_request_exception=False)


@pytest.fixture
def ada(db: None) -> User:
    user = User.objects.create_user("ada", password=PASSWORD)
    user.groups.set(Group.objects.filter(name="guru"))
    KelasGuru.objects.create(user=user, kelas="X-1")
    forget()
    return user


@pytest.fixture
def bearer() -> Callable[[User], dict[str, Any]]:
    """The keyword arguments of a request that shows a good access token."""

    def make(user: User) -> dict[str, Any]:
        return {"headers": {"authorization": f"Bearer {introduce(AccessToken.for_user(user), user)}"}}

    return make


@pytest.fixture
def siswa(db: None) -> Siswa:
    budi = Siswa.objects.create(nis="1001", nama="Budi Santoso", kelas="X-1", email="budi@example.com")
    forget()
    return budi


@pytest.fixture
def request_event() -> Find:
    """The only request's event there is."""

    def only(**columns: Any) -> Event:
        return Event.objects.get(event_type="HTTP_REQUEST", **columns)

    return only


@pytest.fixture
def types() -> Callable[[], list[str]]:
    """The types of all events but the requests', in the order of their ids."""

    def all_types() -> list[str]:
        return list(
            Event.objects.exclude(event_type="HTTP_REQUEST").order_by("id").values_list("event_type", flat=True)
        )

    return all_types
