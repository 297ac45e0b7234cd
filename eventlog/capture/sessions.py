"""Whose session it is, where the view has not looked: from memory, else asked by a thread of its own.

A request waits `PATIENCE` for the answer at most, however long the database hangs. The session is only read: Django's
`get_user` would renew its key or empty it where the secret or the password has changed, and the cookie is sent already.
"""

import atexit
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, TypeAlias

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from eventlog.capture.actors import loaded_session
from eventlog.capture.queries import uncounted
from eventlog.conf import conf
from eventlog.context import Actor
from eventlog.pipeline import writer

MEMORY_SECONDS = 60.0
MAX_SESSIONS = 10_000
PATIENCE = 0.25  # seconds
Question: TypeAlias = Callable[[], Actor | None]
_known: dict[str, tuple[Actor, float]] = {}


class Unasked(Exception):
    """Nobody has answered, or not in time."""


# --- the memory: by the session's hash ---
def remember(session: str, actor: Actor) -> None:
    if len(_known) >= MAX_SESSIONS:
        _known.clear()
    _known[session] = actor, monotonic() + MEMORY_SECONDS


def recalled(session: str) -> Actor | None:
    actor, until = _known.get(session, (None, 0.0))
    return actor if monotonic() < until else None


def forget(session: str) -> None:
    _known.pop(session, None)


def forget_all() -> None:
    _known.clear()


# --- the question ---
def actor_of(request: HttpRequest, key: str, session: str) -> Actor | None:
    """The user of the session with this key and hash, if it has one. Raises `Unasked`."""
    data = loaded_session(request)
    if not key or not hasattr(request, "session") or (data is not None and SESSION_KEY not in data):
        return None
    store = type(request.session)
    return recalled(session) or put(lambda: found(store(key).load() if data is None else data, session))


def put(question: Question) -> Actor | None:
    if conf.PIPELINE == "sync":  # for tests: other connections do not see their transaction
        with uncounted():
            return answer(question)
    if not writer.current().gets_through():
        raise Unasked
    return current().ask(question)


def answer(question: Question) -> Actor | None:
    try:
        return question()
    except Exception as error:  # whatever the project's session store and back ends raise
        raise Unasked from error


def found(data: Mapping[str, Any], session: str) -> Actor | None:
    user = user_of(data)
    if user is None:
        return None
    actor = Actor(user.pk, user.get_username(), auth_method="session")
    remember(session, actor)
    return actor


def user_of(data: Mapping[str, Any]) -> Any:
    """As Django's `get_user`, without changing anything."""
    path = data.get(BACKEND_SESSION_KEY, "")
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(path).get_user(get_user_model()._meta.pk.to_python(data[SESSION_KEY]))
    return user if user is not None and is_valid(data.get(HASH_SESSION_KEY, ""), user) else None


def is_valid(given: str, user: Any) -> bool:
    """Whether the session was made with the user's present password, under the secret key or an earlier one."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(given, good) for good in hashes)


class Asker:
    """One thread, with its own connection to the database."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.questions: SimpleQueue[tuple[Future[Actor | None], Question] | None] = SimpleQueue()
        self.busy_since: float | None = None  # monotonic
        self.thread = Thread(target=self.run, name="eventlog-asker", daemon=True)
        self.thread.start()

    def ask(self, question: Question) -> Actor | None:
        """Raises `Unasked` where the answer takes too long, and at once where an earlier one does."""
        since = self.busy_since
        if since is not None and monotonic() - since >= PATIENCE:
            raise Unasked
        future: Future[Actor | None] = Future()
        self.questions.put((future, question))
        try:
            return future.result(PATIENCE)
        except TimeoutError:
            future.cancel()
            raise Unasked from None

    def run(self) -> None:
        while (asked := self.questions.get()) is not None:
            future, question = asked
            if not future.set_running_or_notify_cancel():
                continue
            self.busy_since = monotonic()
            try:
                future.set_result(answer(question))
            except Unasked as unasked:
                future.set_exception(unasked)
            self.tidy_up()
            self.busy_since = None
        connections.close_all()

    def tidy_up(self) -> None:
        """As Django does after each request."""
        reset_queries()
        close_old_connections()

    def stop(self) -> None:
        self.questions.put(None)
        self.thread.join(PATIENCE)


_asker: Asker | None = None
_creating = Lock()


def current() -> Asker:
    """This process's asker; a new one after a fork. Raises `Unasked` where there is no thread to be had."""
    asker = _asker
    if asker is not None and asker.pid == os.getpid() and asker.thread.is_alive():
        return asker
    return begun()


def begun() -> Asker:
    global _asker
    with _creating:
        if _asker is None or _asker.pid != os.getpid() or not _asker.thread.is_alive():
            try:
                _asker = Asker()
            except RuntimeError as error:  # the interpreter is shutting down
                raise Unasked from error
        return _asker


def stop() -> None:
    """End the thread; another question begins anew."""
    global _asker
    asker, _asker = _asker, None
    if asker is not None and asker.pid == os.getpid():
        asker.stop()


def new_lock_in_child() -> None:
    global _creating
    _creating = Lock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=new_lock_in_child)
atexit.register(stop)
