"""One request from its arrival to the end of its answer, as columns of an event."""

import os
import re
import threading
import time
import unicodedata
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.admindocs.views import simplify_regex
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.request import HttpHeaders
from django.http.response import HttpResponseBase

from eventlog import catalog
from eventlog.capture import actors, bodies, client, sessions, tokens
from eventlog.capture.faults import failure_columns
from eventlog.capture.memory import resident_kb
from eventlog.conf import conf
from eventlog.context import ANONYMOUS, Actor, Context, Meter, enter, last_request_id, leave
from eventlog.record import clean_columns

if TYPE_CHECKING:
    from eventlog.capture.uploads import Uploads

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
        "method",
        "refused_until",
        "request",
        "request_id",
        "sent",
        "session",
        "settled",
        "sought",
        "started",
        "tee",
        "thread",
        "timestamp",
        "told",
        "unasked",
        "uploads",
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
        self.uploads: Uploads | None = None  # of a multipart body, once anybody has it parsed
        self.fault: BaseException | None = None
        self.who: Actor | None = None
        self.sought = False  # whether we have looked for the actor ourselves
        self.settled = False  # nobody else will turn up
        self.unasked = False  # whether whose session it is could not be asked
        self.withheld = ""
        self.sent: dict[str, Any] = {}  # query and body as they came, for who looks at them before they are masked
        self.session = ("", "")  # key, hash
        self.vouched = False  # that what was typed as the name to sign in is one, and no password
        self.refused_until: datetime | None = None  # where a sign-in ran into a block
        self.told = False  # whether its event has been recorded
        self.method = request.method or ""
        clean = {
            **client_columns(self.method, request.META.get("HTTP_USER_AGENT", "")),
            "request_id": self.request_id,
            "ip_address": self.address,
            "trace_id": client.trace_of(request),
            "session_id": self.session_hash(),
        }
        self.context = Context(clean=clean, actor=self.actor, request_id=self.request_id, meter=self.meter)

    def actor(self) -> Actor:
        """Who is asking, as far as it is known now. Somebody once known does not become nobody."""
        if not self.settled:
            self.who = actors.known_actor(self.request) or self.who
        return self.who or ANONYMOUS

    def session_hash(self) -> str:
        """Worked out again only where a sign-in has changed the session's key."""
        key = actors.session_key(self.request)
        if key != self.session[0]:
            sessions.forget(self.session[1])
            self.session = key, actors.keyed_hash(key)
        return self.session[1]

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
        session = self.session_hash()
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
        self.before = _current.set(self), enter(self.context)

    def __exit__(self, *fault: Any) -> None:
        token, context = self.before
        leave(context)
        _current.reset(token)
        del self.before, self.context  # which hold `self.actor`: a circle, which only the garbage collector would end

    def columns(self) -> dict[str, Any]:
        """What was asked for and what went wrong, still to be cleaned."""
        request = self.request
        columns: dict[str, Any] = {
            "timestamp": self.timestamp,  # when it came, so that what it did comes after it
            "event_category": self.category(),
            "request_path": request.path,
            "request_headers": headers_of(request),
            "referrer": request.META.get("HTTP_REFERER", ""),
        }
        tags = client.forwarded_tags(request)
        if request.META.get("QUERY_STRING"):
            query, query_tags = query_of(request)
            self.sent["query"] = query
            columns["query_params"], tags = self.without_withheld(query), tags + query_tags
        if self.tee is not None or "_post" in request.__dict__:
            body, body_tags = bodies.body_of(request, self.tee)
            self.sent["body"] = body
            columns["request_body"], tags = self.without_withheld(body), tags + body_tags
        if self.unasked and self.who is None:
            tags += ("unasked",)
        if tags:
            columns["tags"] = tags
        if request.resolver_match is None:
            columns["event_name"] = f"{self.method} {request.path}"
        if self.fault is not None:
            columns.update(failure_columns(self.fault))
        return columns

    def clean_columns(self) -> dict[str, Any]:
        """Where it went and what it has cost: columns of our own making.

        The processor's time is known only where the request had a thread for itself: not on an event loop, and not
        where its body was made by another thread.
        """
        memory, match = resident_kb(), self.request.resolver_match
        clean: dict[str, Any] = {
            "session_id": self.session_hash(),
            "response_time_ms": round((time.perf_counter() - self.started) * 1000, 3),
            "memory_usage_mb": round(memory / 1024, 3),
            "memory_delta_kb": memory - self.memory,
            "db_query_count": self.meter.query_count,
            "db_time_ms": round(self.meter.query_seconds * 1000, 3),
        }
        if self.thread == threading.get_ident():
            clean["cpu_time_ms"] = round((time.thread_time() - self.cpu) * 1000, 3)
        if match is not None:
            clean.update(route_columns(self.method, match.route))
        return clean

    def without_withheld(self, fields: Any) -> Any:
        """The fields without a name to sign in by that nobody has vouched for: it may have been a password.

        On the pages of sign-in no value is kept then, whatever it is called and however it is wrapped.
        """
        if self.is_sign_in() and not self.vouched:
            return all_withheld(fields)
        return names_withheld(fields, self.withheld) if self.withheld else fields

    def is_sign_in(self) -> bool:
        match = self.request.resolver_match
        return match is not None and signs_in(match.url_name, match.func)

    def category(self) -> str:
        """What the request was for: told by what was recorded in it, else by where it went."""
        for category in SPECIFIC if self.meter.categories else ():
            if category in self.meter.categories:
                return category
        if self.is_sign_in():
            return catalog.AUTH
        if self.request.__dict__.get("_files") or (self.uploads is not None and self.uploads.begun):
            return catalog.FILE
        return catalog.SYSTEM if self.request.path_info.startswith(HEALTH) else catalog.CRUD


@lru_cache(maxsize=2048)
def signs_in(url_name: str | None, view: Callable[..., Any]) -> bool:
    return url_name in SIGN_IN_PAGES or tokens.token_view_of(view) is not None


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
    """({name: value or list of values}, tags); the raw text where Django refuses to parse it."""
    try:
        return bodies.bounded_lists(request.GET)
    except bodies.UNPARSED:
        return {bodies.TEXT: request.META["QUERY_STRING"][: conf.MAX_BODY_BYTES]}, ("unparsed",)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """As `request.headers`, which works its names out anew for each request."""
    return {name: value for key, value in request.META.items() if (name := header_name(key)) is not None}


header_name = lru_cache(maxsize=1024)(HttpHeaders.parse_header_name)
LONGEST_AGENT = 300  # characters, of those remembered; what browsers call themselves is shorter


def client_columns(method: str, agent: str) -> dict[str, Any]:
    """What a client calls itself and wants to do, cleaned."""
    remembered = len(method) + len(agent) <= LONGEST_AGENT
    return (short_client_columns if remembered else short_client_columns.__wrapped__)(method, agent)


@lru_cache(maxsize=1024)
def short_client_columns(method: str, agent: str) -> dict[str, Any]:
    return clean_columns({"request_method": method, "user_agent": agent})


@lru_cache(maxsize=2048)
def route_columns(method: str, route: str) -> dict[str, Any]:
    """Where a request went, cleaned."""
    endpoint = readable_route(route)
    return clean_columns({"endpoint": endpoint, "event_name": f"{method} {endpoint}"})


def endpoint_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return str(route_columns(request.method or "", match.route).get("endpoint", "")) if match is not None else ""


def readable_route(route: str) -> str:
    """`^api/siswa/(?P<pk>[^/.]+)/?$` and `api/siswa/<int:pk>` both as `/api/siswa/{id}`."""
    simple = simplify_regex(route.replace("/?$", "").removesuffix("/?"))
    simple = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: "{%s}" % ("id" if name[1] == "pk" else name[1]), simple)
    return simple.replace("\\", "")
