"""One request from its arrival to the end of its answer, as columns of an event."""

import hashlib
import os
import re
import threading
import time
import traceback
import unicodedata
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.request import HttpHeaders
from django.http.response import HttpResponseBase

from eventlog import catalog
from eventlog.capture import actors, bodies, client, sessions, tokens
from eventlog.conf import conf
from eventlog.context import ANONYMOUS, Actor, Context, Meter, entered, last_request_id
from eventlog.record import clean_columns

PAGE_KB = 4  # of /proc/self/statm on the platforms we run on
SIGN_IN_PAGES = frozenset(
    [
        "login",
        "logout",
        "password_change",
        "password_change_done",
        "password_reset",
        "password_reset_done",
        "password_reset_confirm",
    ]
)
HEALTH = "/health/"
WITHHELD = "[no known name]"
SPECIFIC = (catalog.AUTH, catalog.FILE, catalog.ML)  # categories that a request takes over from what happened in it


class Visit:
    """What is known of one request while it runs; `context` is what events recorded inside are given."""

    __slots__ = (
        "address",
        "before",
        "context",
        "cpu",
        "fault",
        "memory",
        "meter",
        "request",
        "request_id",
        "session",
        "settled",
        "sought",
        "started",
        "tee",
        "thread",
        "timestamp",
        "told",
        "unasked",
        "vouched",
        "who",
        "withheld",
    )

    def __init__(self, request: HttpRequest, *, own_thread: bool = True) -> None:
        self.timestamp = datetime.now(UTC)
        self.started = time.perf_counter()
        self.cpu = time.thread_time()
        self.thread = threading.get_ident() if own_thread else None
        self.memory = resident_kb()
        self.request = request
        self.request_id = client.given_request_id(request) or os.urandom(16).hex()
        self.address = client.address_of(request)
        self.meter = Meter()
        self.tee = bodies.tee(request)
        self.fault: BaseException | None = None
        self.who: Actor | None = None
        self.sought = False  # whether we have looked for the actor ourselves
        self.settled = False  # nobody else will turn up
        self.unasked = False  # whether whose session it is could not be asked
        self.withheld = ""
        self.session = ("", "")  # key, hash
        self.vouched = False  # that what was typed as the name to sign in is one, and no password
        self.told = False  # whether its event has been recorded
        clean = clean_columns(
            {
                "trace_id": client.trace_of(request),
                "user_agent": request.META.get("HTTP_USER_AGENT", ""),
                "request_method": request.method or "",
            }
        )
        clean.update(request_id=self.request_id, ip_address=self.address, **self.session_columns())
        self.context = Context(clean=clean, actor=self.actor, request_id=self.request_id, meter=self.meter)

    def actor(self) -> Actor:
        """Who is asking, as far as it is known now. Somebody once known does not become nobody."""
        if not self.settled:
            self.who = actors.known_actor(self.request) or self.who
        return self.who or ANONYMOUS

    def session_columns(self) -> dict[str, str]:
        """The session's hash, worked out again only where a sign-in has changed its key."""
        key = actors.session_key(self.request)
        if key != self.session[0]:
            sessions.forget(self.session[1])
            self.session = key, actors.keyed_hash(key)
        return {"session_id": self.session[1]}

    def find_actor(self) -> None:
        """Look where the view has not looked, or not yet: at the bearer token, else for the session's user. Once."""
        if self.actor() is not ANONYMOUS or self.sought:
            return
        self.sought = True
        try:
            self.who = actors.token_actor(self.request) or sessions.actor_of(self.request, *self.session)
        except sessions.Unasked:
            self.unasked = True

    def needs_session(self) -> bool:
        """Whether only the session's user can be the actor, and is not remembered."""
        return bool(self.session[0]) and self.actor() is ANONYMOUS and sessions.recalled(self.session[1]) is None

    def settle(self) -> None:
        """The view has answered: nobody else will turn up. What it has found out of the session is remembered."""
        self.find_actor()
        self.settled = True
        data = actors.loaded_session(self.request)
        if data is None:
            return
        session = self.session_columns()["session_id"]
        if (
            self.who is not None
            and self.who.auth_method == "session"
            and data.get(SESSION_KEY) == str(self.who.user_id)
        ):
            sessions.remember(session, self.who)
        else:
            sessions.forget(session)

    def __enter__(self) -> None:
        """What happens in this block happens in this request."""
        last_request_id.set(self.request_id)
        self.before = _current.set(self), entered(self.context)
        self.before[1].__enter__()

    def __exit__(self, *fault: Any) -> None:
        token, context = self.before
        context.__exit__(*fault)
        _current.reset(token)
        del self.before, self.context  # which hold `self.actor`: a circle, which only the garbage collector would end

    def columns(self) -> dict[str, Any]:
        """The columns of the request itself."""
        request = self.request
        body, body_tags = bodies.body_of(request, self.tee)
        query, query_tags = query_of(request)
        return {
            "timestamp": self.timestamp,  # when it came, so that what it did comes after it
            "endpoint": endpoint_of(request),
            "request_path": request.path,
            "query_params": self.without_withheld(query),
            "request_headers": headers_of(request),
            "request_body": self.without_withheld(body),
            "referrer": request.META.get("HTTP_REFERER", ""),
            "event_category": self.category(),
            "tags": (*body_tags, *query_tags, *client.forwarded_tags(request), *self.actor_tags()),
            **failure_columns(self.fault),
        }

    def actor_tags(self) -> tuple[str, ...]:
        return ("unasked",) if self.unasked and self.who is None else ()

    def without_withheld(self, fields: Any) -> Any:
        """The fields without a name to sign in by that nobody has vouched for: it may have been a password.

        On the pages of sign-in no value is kept then, whatever it is called and however it is wrapped.
        """
        if self.is_sign_in() and not self.vouched:
            return all_withheld(fields)
        return names_withheld(fields, self.withheld) if self.withheld else fields

    def is_sign_in(self) -> bool:
        match = self.request.resolver_match
        return match is not None and (match.url_name in SIGN_IN_PAGES or tokens.token_view(self.request) is not None)

    def resources(self) -> dict[str, Any]:
        """What the request has cost, as clean columns.

        The processor's time is known only where the request had a thread for itself: not on an event loop, and not
        where its body was made by another thread.
        """
        memory = resident_kb()
        used = {
            "response_time_ms": round((time.perf_counter() - self.started) * 1000, 3),
            "memory_usage_mb": round(memory / 1024, 3),
            "memory_delta_kb": memory - self.memory,
            "db_query_count": self.meter.query_count,
            "db_time_ms": round(self.meter.query_seconds * 1000, 3),
        }
        if self.thread == threading.get_ident():
            used["cpu_time_ms"] = round((time.thread_time() - self.cpu) * 1000, 3)
        return used

    def category(self) -> str:
        """What the request was for: told by what was recorded in it, else by where it went."""
        for category in SPECIFIC:
            if category in self.meter.categories:
                return category
        if self.is_sign_in():
            return catalog.AUTH
        if self.request.__dict__.get("_files"):
            return catalog.FILE
        return catalog.SYSTEM if self.request.path_info.startswith(HEALTH) else catalog.CRUD


_current: ContextVar[Visit | None] = ContextVar("eventlog_visit", default=None)


def current_visit() -> Visit | None:
    return _current.get()


def normal_name(value: Any) -> str:
    """A name as Django's sign-in forms hand it on."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""


def all_withheld(value: Any) -> Any:
    """Names stay, and how the values are nested."""
    if isinstance(value, dict):
        return {key: all_withheld(item) for key, item in value.items()}
    if isinstance(value, list):
        return [all_withheld(item) for item in value]
    return WITHHELD if value else value


def names_withheld(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: names_withheld(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [names_withheld(item, name) for item in value]
    return WITHHELD if normal_name(value) == name else value


def withhold(name: str) -> None:
    """Keep this name of a failed sign-in out of the request's body and query as well."""
    if (visit := current_visit()) is not None:
        visit.withheld = normal_name(name)


def vouch() -> None:
    """The name given to sign in is one that an account has, or that attackers try."""
    if (visit := current_visit()) is not None:
        visit.vouched = True


def response_columns(response: HttpResponseBase, size: int) -> dict[str, Any]:
    """What was answered, as clean columns."""
    event_status, severity = outcome(response.status_code)
    return {
        "response_status": response.status_code,
        "response_size_bytes": size,
        "event_status": event_status,
        "severity": severity,
    }


def outcome(status: int) -> tuple[str, str]:
    """(event status, severity) of a response status."""
    if status >= 500:
        return catalog.ERROR, catalog.HIGH
    if status >= 400:
        return catalog.FAILED, catalog.LOW
    return catalog.SUCCESS, catalog.INFO


def query_of(request: HttpRequest) -> bodies.Tagged:
    """({name: value or list of values} or None, tags); the raw text where Django refuses to parse it."""
    raw = request.META.get("QUERY_STRING", "")
    if not raw:
        return None, ()
    try:
        return bodies.bounded_lists(request.GET)
    except bodies.UNPARSED:
        return {bodies.TEXT: raw[: conf.MAX_BODY_BYTES]}, ("unparsed",)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """As `request.headers`, which works its names out anew for each request."""
    named = [(header_name(key), value) for key, value in request.META.items()]
    return {name: value for name, value in named if name is not None}


header_name = lru_cache(maxsize=1024)(HttpHeaders.parse_header_name)


def endpoint_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return readable_route(match.route) if match is not None else ""


@lru_cache(maxsize=2048)
def readable_route(route: str) -> str:
    """`^api/siswa/(?P<pk>[^/.]+)/?$` and `api/siswa/<int:pk>` both as `/api/siswa/{id}`."""
    simple = simplify_regex(route.replace("/?$", "").removesuffix("/?"))
    simple = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: "{%s}" % ("id" if name[1] == "pk" else name[1]), simple)
    return simple.replace("\\", "")


def failure_columns(fault: BaseException | None) -> dict[str, Any]:
    if fault is None:
        return {}
    return {
        "error_code": type(fault).__qualname__,
        "error_message": message_of(fault),
        "error_fingerprint": fingerprint(fault),
        "stack_trace": "".join(traceback.format_exception(fault, limit=-30)),
    }


def message_of(fault: BaseException) -> str:
    return "".join(traceback.format_exception_only(fault)).strip()


def fingerprint(fault: BaseException) -> str:
    """Equal for equal faults: the type and the lines it came through, by their text and not by number, each once."""
    frames = traceback.extract_tb(fault.__traceback__)
    places = dict.fromkeys(f"{frame.filename}:{frame.name}:{frame.line}" for frame in frames)
    return hashlib.sha256("\n".join([type(fault).__qualname__, *places]).encode(errors="replace")).hexdigest()[:32]


def resident_kb() -> int:
    """Resident memory of this process. /proc/self/statm is 8 times quicker than psutil; 0 where there is none."""
    fd = statm()
    return int(os.pread(fd, 100, 0).split()[1]) * PAGE_KB if fd >= 0 else 0


@cache
def statm() -> int:
    """The open file, -1 where there is none; opened anew in a forked child, whose memory is another."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def forget_statm() -> None:
    if statm.cache_info().currsize and statm() >= 0:
        os.close(statm())
    statm.cache_clear()


os.register_at_fork(after_in_child=forget_statm)
