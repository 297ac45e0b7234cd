"""Whose session it is, where the view has not looked; and that nobody waits for it, and the session stays as it is."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import InterfaceError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from edupro.school.models import Siswa
from eventlog.capture import sessions
from eventlog.capture.sessions import PATIENCE, Asker, Unasked
from eventlog.context import Actor
from eventlog.models import Event
from eventlog.pipeline import writer

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
NOT_LOOKED = "/try/status/200/"
ADA = Actor(7, "ada", auth_method="session")


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


# --- the session stays as it is ---
@pytest.fixture
def secret_changed(signed_in: Client, settings: Settings) -> Client:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of these tests " * 3
    return signed_in


def test_a_session_of_an_earlier_secret_key_names_its_user(secret_changed: Client, request_event: Find) -> None:
    secret_changed.get(NOT_LOOKED)
    assert request_event().username == "ada"


def test_a_session_of_an_earlier_secret_key_lives_on(secret_changed: Client) -> None:
    key = key_of(secret_changed)
    secret_changed.get(NOT_LOOKED)
    assert Session.objects.filter(session_key=key).exists()


@pytest.fixture
def password_changed(signed_in: Client, ada: User) -> Client:
    ada.set_password("another")
    ada.save()
    return signed_in


def test_a_session_of_an_earlier_password_names_nobody(password_changed: Client, request_event: Find) -> None:
    password_changed.get(NOT_LOOKED)
    assert request_event().auth_method == "anonymous"


def test_a_session_of_an_earlier_password_keeps_what_is_in_it(password_changed: Client) -> None:
    key = key_of(password_changed)
    password_changed.get(NOT_LOOKED)
    assert Session.objects.filter(session_key=key).exists()


def test_a_session_of_a_back_end_that_is_no_more_names_nobody(
    signed_in: Client, settings: Settings, request_event: Find
) -> None:
    settings.AUTHENTICATION_BACKENDS = []
    signed_in.get(NOT_LOOKED)
    assert request_event().auth_method == "anonymous"


# --- what is remembered ---
def ask_session(path: str, key: str) -> list[str]:
    client = Client()
    client.cookies["sessionid"] = key
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return [query["sql"] for query in queries.captured_queries if "django_session" in query["sql"]]


def test_a_session_that_a_view_has_looked_at_is_not_asked_for_again(signed_in: Client, request_event: Find) -> None:
    signed_in.get("/try/whoami/")
    assert ask_session(NOT_LOOKED, key_of(signed_in)) == []
    assert request_event(endpoint="/try/status/{code}/").username == "ada"


def test_a_session_that_was_asked_for_is_not_asked_for_again(signed_in: Client) -> None:
    assert ask_session(NOT_LOOKED, key_of(signed_in))
    assert ask_session(NOT_LOOKED, key_of(signed_in)) == []


@pytest.mark.parametrize("path", ["/try/sign-out/", "/try/empty-session/"])
def test_a_session_that_has_ended_is_forgotten(signed_in: Client, path: str) -> None:
    key = key_of(signed_in)
    signed_in.get("/try/whoami/")
    signed_in.post(path)
    ask_session(NOT_LOOKED, key)
    assert Event.objects.filter(event_type="HTTP_REQUEST").latest("id").username == ""


def test_a_session_that_somebody_else_signs_in_from_is_forgotten(signed_in: Client) -> None:
    User.objects.create_user("eva")
    key = key_of(signed_in)
    signed_in.get("/try/whoami/")
    signed_in.post("/try/sign-in/", {"username": "eva"})
    ask_session(NOT_LOOKED, key)
    assert Event.objects.filter(event_type="HTTP_REQUEST").latest("id").username == ""


def test_what_is_remembered_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MEMORY_SECONDS", 0.01)
    sessions.remember("a hash", ADA)
    time.sleep(0.02)
    assert sessions.recalled("a hash") is None


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 3)
    for number in range(10):
        sessions.remember(str(number), ADA)
    assert sum(sessions.recalled(str(number)) is not None for number in range(10)) <= 3


def test_a_visitors_session_is_asked_for_once_a_request_however_much_it_changes(
    client: Client, siswa: Siswa, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(sessions, "user_of", asked.append)
    client.cookies["sessionid"] = "x" * 32
    for _ in range(2):
        client.post(f"/try/rename/{siswa.pk}/")
    assert len(asked) == 2


# --- nobody waits for it ---
@pytest.fixture
def stuck(direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The database does not answer who it is, until the event is set."""
    answers = threading.Event()

    def hang(data: Any) -> None:
        answers.wait(20)

    monkeypatch.setattr(sessions, "user_of", hang)
    yield answers
    answers.set()


def ask_slowly(client: Client) -> float:
    started = time.monotonic()
    client.get(NOT_LOOKED)
    return time.monotonic() - started


def test_a_request_waits_a_quarter_of_a_second_for_its_actor(signed_in: Client, stuck: threading.Event) -> None:
    assert PATIENCE <= ask_slowly(signed_in) < 10  # of the twenty that the answer takes


def test_the_next_request_does_not_wait_at_all(signed_in: Client, stuck: threading.Event) -> None:
    ask_slowly(signed_in)
    assert min(ask_slowly(signed_in) for _ in range(5)) < PATIENCE


def test_a_request_whose_actor_nobody_could_be_asked_for_says_so(
    signed_in: Client, stuck: threading.Event, direct: Callable[[], None], request_event: Find
) -> None:
    ask_slowly(signed_in)
    stuck.set()
    direct()
    event = request_event()
    assert (event.auth_method, event.tags, len(event.session_id)) == ("anonymous", ["unasked"], 32)


def test_nobody_is_asked_while_the_database_is_away(
    signed_in: Client, direct: Callable[[], None], request_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer.Writer, "gets_through", lambda self: False)
    signed_in.get(NOT_LOOKED)
    direct()
    assert request_event().tags == ["unasked"]


def test_a_session_store_that_fails_costs_the_name_only(
    signed_in: Client, request_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "user_of", lambda data: 1 / 0)
    assert signed_in.get(NOT_LOOKED).status_code == request_event().response_status == 200


def test_the_asker_answers_on_a_connection_of_its_own(
    signed_in: Client, direct: Callable[[], None], request_event: Find
) -> None:
    with CaptureQueriesContext(connection) as queries:
        signed_in.get(NOT_LOOKED)
    direct()
    assert (len(queries), request_event().username) == (0, "ada")


# --- the asker ---
@pytest.fixture
def asker() -> Iterator[Asker]:
    asker = Asker()
    yield asker
    asker.stop()


def test_the_asker_goes_on_after_a_question_that_failed(asker: Asker) -> None:
    def fail() -> Actor | None:
        raise InterfaceError

    with pytest.raises(Unasked):
        asker.ask(fail)
    assert asker.ask(lambda: ADA) is ADA


def test_a_question_that_nobody_waits_for_any_more_is_not_asked(asker: Asker) -> None:
    asked, goes_on = [], threading.Event()

    def hang() -> Actor | None:
        goes_on.wait(20)
        return None

    def ask(question: Callable[[], Actor | None]) -> None:
        with pytest.raises(Unasked):
            asker.ask(question)

    impatient = [threading.Thread(target=ask, args=(question,)) for question in (hang, lambda: asked.append("late"))]
    for thread in impatient:
        thread.start()
    for thread in impatient:
        thread.join()
    goes_on.set()
    asker.stop()
    assert asked == []


def test_a_forked_process_asks_by_a_thread_of_its_own() -> None:
    before = sessions.current()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if sessions.current() is not before and sessions.current().ask(lambda: ADA) is ADA else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_the_thread_ends_with_the_asker() -> None:
    asker = sessions.current()
    sessions.stop()
    assert not asker.thread.is_alive()
