"""Many at once: no request ever carries another's actor."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient, Client
from rest_framework_simplejwt.tokens import AccessToken

from eventlog.models import Event

USERS, ROUNDS = 6, 8


@pytest.fixture
def users(transactional_db: None, direct: Callable[[], None]) -> list[User]:
    return [User.objects.create_user(f"user{number}") for number in range(USERS)]


def headers_of(user: User, number: int) -> dict[str, str]:
    """A request id that says whose it is; every other user comes with a token."""
    token = AccessToken.for_user(user)
    token["username"], token["role"] = user.username, ""
    shown = {"authorization": f"Bearer {token}"} if user.username[-1] in "135" else {}
    return {"x-request-id": f"{user.username}.{number}", **shown}


def names_by_request() -> set[tuple[str, str]]:
    rows = Event.objects.filter(event_type="HTTP_REQUEST").values_list("request_id", "username")
    return {(request_id.partition(".")[0], name) for request_id, name in rows}


PATHS = ["/try/slow-whoami/", "/try/status/200/", "/api/auth/me", "/no/such/page", "/try/open/", "/try/stream/"]


def test_under_threads_every_request_has_its_own_actor(users: list[User], direct: Callable[[], None]) -> None:
    def visit(user: User) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        for number in range(ROUNDS):
            list(client.get(PATHS[number % len(PATHS)], headers=headers_of(user, number)))
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visit, users))
    direct()
    assert Event.objects.filter(event_type="HTTP_REQUEST").count() == USERS * ROUNDS
    assert names_by_request() == {(user.username, user.username) for user in users}


@pytest.mark.parametrize("where", ["on_the_loop", "site"])  # `site` changes nothing: in threads under the loop
def test_under_asyncio_every_request_has_its_own_actor(
    users: list[User], direct: Callable[[], None], request: pytest.FixtureRequest, where: str
) -> None:
    request.getfixturevalue(where)
    clients = []
    for user in users:
        clients.append(AsyncClient(raise_request_exception=False))
        clients[-1].force_login(user)
    paths = ["/try/awhoami/", "/try/status/200/", "/api/auth/me", "/no/such/page", "/try/alog/", "/try/astream/"]

    async def visit(client: AsyncClient, user: User, number: int) -> None:
        answer = await client.get(paths[number % len(paths)], headers=headers_of(user, number))
        if answer.streaming:
            async for _ in answer.streaming_content:
                pass

    async def all_visits() -> None:
        pairs = list(zip(clients, users, strict=True))
        await asyncio.gather(*(visit(client, user, n) for n in range(ROUNDS) for client, user in pairs))

    async_to_sync(all_visits)()
    direct()
    assert Event.objects.filter(event_type="HTTP_REQUEST").count() == USERS * ROUNDS
    assert names_by_request() == {(user.username, user.username) for user in users}


def test_what_is_recorded_inside_has_its_own_actor_too(
    users: list[User], direct: Callable[[], None], on_the_loop: None
) -> None:
    async def visit(user: User) -> None:
        client = AsyncClient()
        await client.aforce_login(user)
        await client.get("/try/alog/", headers={"x-request-id": user.username})

    async def all_visits() -> None:
        await asyncio.gather(*(visit(user) for user in users))

    async_to_sync(all_visits)()
    direct()
    by_hand = Event.objects.filter(event_type="MAINTENANCE").values_list("request_id", "username")
    assert set(by_hand) == {(user.username, user.username) for user in users}


def test_a_thread_that_has_served_forgets_whom(users: list[User]) -> None:
    from eventlog.context import EMPTY, current

    client = Client(raise_request_exception=False)
    client.force_login(users[0])
    client.get("/try/fail/")
    assert current() is EMPTY
