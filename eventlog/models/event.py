"""The table of events."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.conf import conf
from eventlog.models import order

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Auditors see all but SECURITY unless they may see that too; strangers nothing; others their own, or what
        `VISIBLE_EVENTS` says."""
        if user.pk is None or not user.is_active:
            return self.none()
        if user.has_perm("eventlog.view_event"):
            return self if user.has_perm("eventlog.view_security") else self.exclude(event_category=catalog.SECURITY)
        chosen = conf.VISIBLE_EVENTS
        seen: Self = self.filter(user_id=user.pk) if chosen is None else chosen(user, self)
        return seen.exclude(event_category=catalog.SECURITY)

    def with_id(self, key: UUID) -> Self:
        """By primary key, in the one partition that can hold it: an id carries its time."""
        moment = moment_of(key)
        return self.filter(id=key, timestamp__range=(moment, moment + timedelta(milliseconds=1)))

    def with_ids(self, keys: Collection[UUID]) -> Self:
        """By primary keys, in the partitions of their times."""
        if not keys:
            return self.none()
        moments = [moment_of(key) for key in keys]
        return self.filter(id__in=keys, timestamp__range=(min(moments), max(moments) + timedelta(milliseconds=1)))

    def about_record(self, names: list[str], key: str) -> Self:
        """What happened to the record that goes by one of these names of entities and this key, by itself or among
        others."""
        among_others = ~models.Q(event_data={}) & models.Q(event_data__contains={"keys": [key]})  # so its index serves
        return self.filter(models.Q(entity_id=key) | among_others, entity_type__in=names)

    def changes_of(self, names: list[str], key: str) -> Self:
        """The changes that the record's past is made of, those that may have been of it among them."""
        vague = models.Q(entity_id="") & ~models.Q(event_data__contains={"complete": True})
        among_others = models.Q(event_data__contains={"keys": [key]})
        named = self.filter(models.Q(entity_id=key) | among_others | vague, entity_type__in=names)
        return named.filter(event_category=catalog.CRUD).exclude(action__in=catalog.LOOKS)

    def begins_at(self) -> datetime | None:
        """When the oldest change that is still there was made."""
        return self.filter(event_category=catalog.CRUD).oldest_time()

    def oldest_time(self) -> datetime | None:
        return self.order_by("timestamp").values_list("timestamp", flat=True).first()

    def of_user(self, key: Any) -> Self:
        return self.filter(user_id=key)

    def since(self, moment: datetime) -> Self:
        return self.filter(timestamp__gte=moment)

    def counts_by(self, *columns: str, least: int = 1, limit: int | None = None) -> list[dict[str, Any]]:
        """[{column: value, "event_count": n}] of those with at least so many, the most frequent first."""
        counted = self.order_by().values(*columns).annotate(event_count=models.Count("pk"))
        return list(counted.filter(event_count__gte=least).order_by("-event_count", *columns)[:limit])

    def newest_first(self) -> Self:
        return self.order_by("-timestamp", "-id")

    def older_than(self, moment: datetime) -> Self:
        return self.filter(timestamp__lt=moment)

    def in_store_order(self, after: order.Place | None, limit: int) -> order.Stretch:
        """Of the next `limit` events that were stored, those that are asked for; from the first one where `after` is
        None. An event that is stored without a batch is not there."""
        return order.next_stretch(self, after or order.START, limit=limit)


LATEST_MILLISECONDS = 7_258_118_400_000  # the year 2200: no record is made beyond it, and `datetime` ends at 9999


def moment_of(key: UUID) -> datetime:
    """The UTC time, whole milliseconds, in a UUIDv7; for any other id a time that no event has."""
    if key.version != 7:
        return datetime(1, 1, 1, tzinfo=UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=min(key.int >> 80, LATEST_MILLISECONDS))


def fixed_id(made: UUID, seed: int) -> UUID:
    """For what is always the same event: a UUIDv7 of the same millisecond as `made`, its random bits from `seed`."""
    milliseconds = made.int >> 80 << 80
    return UUID(int=milliseconds | 7 << 76 | (seed >> 62 & 0xFFF) << 64 | 0b10 << 62 | seed & (1 << 62) - 1)


def text(max_length: int, **options: Any) -> "models.CharField[str, str]":
    return models.CharField(max_length=max_length, blank=True, default="", **options)


def long_text(**options: Any) -> "models.TextField[str, str]":
    return models.TextField(blank=True, default="", **options)


def data(**options: Any) -> "models.JSONField[Any, Any]":
    return models.JSONField(null=True, blank=True, **options)


# Whose a column is, for erasure and for the proof: what is personal to who acted is under a commitment of its own, and
# so is what is personal to whom it is about. Either can be blanked, and the rest stays provable. All others are facts.
ACTOR_COLUMNS = (
    *("user_id", "username", "session_id", "ip_address", "user_agent", "referrer", "request_headers"),
)  # fmt: skip
SUBJECT_COLUMNS = (
    *("entity_id", "entity_name", "event_name", "event_data", "previous_values", "new_values"),
    *("request_path", "query_params", "request_body", "reason", "error_message", "stack_trace", "threats"),
)
# Outside of the proof: found again from the rest, or about the row and not about what happened.
UNPROVEN_COLUMNS = (
    *("search_text", "recorded_at", "batch_id", "erased_at"),
    *("digest", "actor_commitment", "actor_salt", "subject_commitment", "subject_salt"),
)


class Event(models.Model):
    """One thing that happened. Written once by the store, never edited; only the lifecycle removes it.

    In the database the primary key is (id, timestamp) and the table is partitioned by month; see
    `retention/partitions.py`. A column that an event has no value for holds its default: empty text, or NULL.
    """

    # identity
    id = models.UUIDField(_("ID"), primary_key=True)  # v7, made at capture: storing an event twice is harmless
    timestamp = models.DateTimeField(_("time"))  # when it happened (UTC), not when it was stored
    recorded_at = models.DateTimeField(_("stored at"), db_default=Now())  # when the store wrote it (UTC)
    event_type = models.CharField(_("type"), max_length=100)  # a name from catalog.py: LOGIN_FAILED
    event_category = models.CharField(
        _("category"), max_length=20, choices=list(catalog.CATEGORIES.items())
    )  # a name from catalog.py
    event_name = text(
        200, verbose_name=_("what happened")
    )  # what happened, in English; more than the type's label only where the caller says more
    severity = models.CharField(
        _("severity"), max_length=10, default="info", choices=list(catalog.SEVERITIES.items())
    )  # from debug to critical
    event_status = models.CharField(
        _("result"), max_length=10, default="SUCCESS", choices=list(catalog.STATUSES.items())
    )  # how it ended

    # actor: as it was at the time; the account may be gone, so screens use user_id and username
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("user"),
    )  # who acted; no foreign key in the database
    username = text(150, verbose_name=_("user name"))  # as it was at the time, or as it was typed
    user_role = text(50, verbose_name=_("role"))  # as it was at the time, of the project's own roles
    session_id = text(64, verbose_name=_("session"))  # a keyed hash, never the session's key
    auth_method = text(10, verbose_name=_("sign-in method"))  # session, jwt, basic, system, database or anonymous

    # request
    request_id = text(64, verbose_name=_("request ID"))  # the same for all that one request, task or command has caused
    trace_id = text(32, verbose_name=_("trace ID"))  # of a tracer, from the header `traceparent`
    ip_address = models.GenericIPAddressField(
        _("IP address"), null=True, blank=True
    )  # the client's, behind proxies that are trusted
    user_agent = long_text(verbose_name=_("browser"))  # as the client says
    request_method = text(10, verbose_name=_("method"))  # GET, POST …
    endpoint = text(255, verbose_name=_("endpoint"))  # the route: /api/siswa/{id}
    request_path = long_text(verbose_name=_("path"))  # as it was asked for, with values that are secret masked
    query_params = data(verbose_name=_("URL parameters"))  # {name: value or values}, masked
    request_headers = data(verbose_name=_("headers"))  # masked
    request_body = data(verbose_name=_("body"))  # JSON or a form, masked; never a file
    referrer = long_text(verbose_name=_("referrer"))  # where the client says that it came from

    # response
    response_status = models.IntegerField(_("status code"), null=True, blank=True)  # of HTTP, 100 to 599
    response_time_ms = models.FloatField(
        _("duration (ms)"), null=True, blank=True
    )  # until the answer, or all of its stream, was there
    response_size_bytes = models.BigIntegerField(_("size (bytes)"), null=True, blank=True)  # of the body
    response_content_type = text(100, verbose_name=_("content type"))  # as the answer names it

    # resources that the request used
    cpu_time_ms = models.FloatField(_("CPU time (ms)"), null=True, blank=True)  # of the request's thread
    memory_usage_mb = models.FloatField(_("memory (MB)"), null=True, blank=True)  # of the process, at the end
    memory_delta_kb = models.IntegerField(
        _("memory growth (kB)"), null=True, blank=True
    )  # by how much it grew meanwhile
    db_query_count = models.IntegerField(_("database queries"), null=True, blank=True)  # statements of the request
    db_time_ms = models.FloatField(_("query time (ms)"), null=True, blank=True)  # in those

    # entity
    entity_type = text(100, verbose_name=_("kind of record"))  # what the project calls such a record: siswa
    entity_id = text(255, verbose_name=_("record ID"))  # its key, as text; empty where it was many
    entity_name = text(200, verbose_name=_("record's name"))  # as it was called at the time
    action = text(20, verbose_name=_("action"))  # CREATE, READ, UPDATE, DELETE, BULK_UPDATE, BULK_IMPORT or EXPORT

    # data
    event_data = models.JSONField(_("data"), blank=True, default=dict)  # whatever else belongs to the type, by name
    previous_values = data(verbose_name=_("before"))  # {field: value} of what has changed, before
    new_values = data(verbose_name=_("after"))  # the same afterwards
    changed_fields = data(verbose_name=_("changed fields"))  # their names
    reason = long_text(verbose_name=_("reason"))  # why, as somebody has said

    # failure
    error_code = text(100, verbose_name=_("error code"))  # the exception's class, or a word for programs
    error_message = long_text(verbose_name=_("error message"))  # what it says, masked
    error_fingerprint = text(64, verbose_name=_("error fingerprint"))  # equal for equal faults
    stack_trace = long_text(verbose_name=_("traceback"))  # of the exception, masked

    # security
    threats = models.JSONField(
        _("threats"), blank=True, default=list
    )  # what looked like an attack: kind, place, score, excerpt
    risk_score = models.SmallIntegerField(_("risk (0-100)"), null=True, blank=True)  # of the worst of them

    # system
    server_name = text(100, verbose_name=_("server"))  # the machine's name
    process_id = models.IntegerField(_("process"), null=True, blank=True)  # of the operating system
    application_version = text(50, verbose_name=_("version"))  # APPLICATION_VERSION
    environment = text(50, verbose_name=_("environment"))  # ENVIRONMENT

    # search, compliance
    tags = models.JSONField(
        _("tags"), blank=True, default=list
    )  # what was done to the event on its way: truncated, redacted …
    search_text = long_text(verbose_name=_("search words"))  # the words by which it is found
    is_sensitive = models.BooleanField(_("sensitive"), default=False)  # whether its caller said so
    retention_days = models.IntegerField(
        _("days to keep"), null=True, blank=True
    )  # days to keep it, where it has its own; else those of its category
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)  # when what is personal in it was erased

    # proof
    batch_id = models.UUIDField(_("batch"), null=True, blank=True)  # the transaction that stored it, see event_batches
    digest = models.BinaryField(
        _("digest"), null=True, blank=True
    )  # SHA-256 of both commitments and the facts; see docs/verify.md
    actor_commitment = models.BinaryField(
        _("actor commitment"), null=True, blank=True
    )  # SHA-256 of the salt and what is personal to who acted
    actor_salt = models.BinaryField(_("actor salt"), null=True, blank=True)  # NULL once that is erased
    subject_commitment = models.BinaryField(
        _("subject commitment"), null=True, blank=True
    )  # the same of what is personal to whom it is about
    subject_salt = models.BinaryField(_("subject salt"), null=True, blank=True)  # likewise

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "events"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ("view",)
        permissions = [
            ("view_security", _("Can view security events")),
            ("view_sensitive", _("Can read the encrypted values of sensitive events")),
        ]
        constraints = [
            models.CheckConstraint(
                name="events_category", condition=models.Q(event_category__in=list(catalog.CATEGORIES))
            ),
            models.CheckConstraint(name="events_severity", condition=models.Q(severity__in=list(catalog.SEVERITIES))),
            models.CheckConstraint(name="events_status", condition=models.Q(event_status__in=list(catalog.STATUSES))),
            models.CheckConstraint(
                name="events_response_status", condition=models.Q(response_status__range=(100, 599))
            ),
            models.CheckConstraint(
                name="events_not_negative",
                condition=models.Q(response_time_ms__gte=0)
                & models.Q(cpu_time_ms__gte=0)
                & models.Q(db_time_ms__gte=0)
                & models.Q(db_query_count__gte=0)
                & models.Q(response_size_bytes__gte=0),
            ),
            models.CheckConstraint(name="events_risk_score", condition=models.Q(risk_score__range=(0, 100))),
        ]
        indexes = [
            # Each with its reader. Partial where most events have nothing to find: such an index costs next to nothing.
            models.Index(fields=["-timestamp", "-id"], name="events_newest"),  # the list, keyset pages
            models.Index(fields=["event_category", "-timestamp"], name="events_category_time"),  # one category
            models.Index(fields=["event_type", "-timestamp"], name="events_type_time"),  # one type; failed logins
            models.Index(  # what did Ada do?
                fields=["user", "-timestamp"], name="events_user_time", condition=models.Q(user__isnull=False)
            ),
            models.Index(  # the same for names without an account, and after its deletion
                fields=["username", "-timestamp"], name="events_username_time", condition=~models.Q(username="")
            ),
            models.Index(fields=["request_id"], name="events_request", condition=~models.Q(request_id="")),  # timeline
            models.Index(fields=["trace_id"], name="events_trace", condition=~models.Q(trace_id="")),  # from a tracer
            models.Index(  # what came from there?
                fields=["ip_address", "-timestamp"], name="events_ip_time", condition=models.Q(ip_address__isnull=False)
            ),
            models.Index(  # who changed this record?
                fields=["entity_type", "entity_id", "-timestamp"],
                name="events_entity_time",
                condition=~models.Q(entity_type=""),
            ),
            models.Index(  # what else happened in this session?
                fields=["session_id", "-timestamp"], name="events_session_time", condition=~models.Q(session_id="")
            ),
            models.Index(  # how does this endpoint do?
                fields=["endpoint", "-timestamp"], name="events_endpoint_time", condition=~models.Q(endpoint="")
            ),
            models.Index(  # guessing from one address, and who signed in there (detection/history.py)
                fields=["ip_address", "-timestamp"],
                name="events_sign_in_address",
                condition=models.Q(event_type__in=["LOGIN", "LOGIN_FAILED", "TOKEN_ISSUED"]),
            ),
            models.Index(  # guessing at one account, and what is usual for it (detection/history.py)
                Lower("username"),
                models.F("timestamp").desc(),
                name="events_sign_in_name",
                condition=models.Q(event_type__in=["LOGIN", "LOGIN_FAILED", "TOKEN_ISSUED"]),
            ),
            models.Index(  # who tries what is not there or not allowed (detection/history.py)
                fields=["ip_address", "-timestamp"],
                name="events_refused",
                condition=models.Q(response_status__in=[401, 403, 404]),
            ),
            models.Index(  # the security review
                fields=["-timestamp"], name="events_security", condition=models.Q(event_category="SECURITY")
            ),
            models.Index(  # what was found of one address, whatever floods the log beside it (detection/history.py)
                fields=["event_type", "ip_address", "-timestamp"],
                name="events_security_address",
                condition=models.Q(event_category="SECURITY"),
            ),
            models.Index(  # what is serious?
                fields=["-timestamp"], name="events_severe", condition=models.Q(severity__in=["high", "critical"])
            ),
            models.Index(  # what broke?
                fields=["-timestamp"], name="events_server_errors", condition=models.Q(response_status__gte=500)
            ),
            models.Index(  # has this fault been seen before?
                fields=["error_fingerprint", "-timestamp"],
                name="events_fingerprint",
                condition=~models.Q(error_fingerprint=""),
            ),
            models.Index(  # what is slow? (1 s is the default of RESPONSE_TIME_THRESHOLD)
                fields=["-timestamp"], name="events_slow", condition=models.Q(response_time_ms__gt=1000)
            ),
            models.Index(  # what is to be removed by its own time (retention/keeping.py)
                fields=["timestamp"], name="events_own_days", condition=models.Q(retention_days__isnull=False)
            ),
            # The events of a batch; ids rise with time. Summarised as the table grows: readers in store order look for
            # the newest batches, and would read all that is not summarised.
            BrinIndex(fields=["batch_id"], name="events_batch", autosummarize=True),
            BrinIndex(fields=["recorded_at"], name="events_recorded"),  # what came in since?
            GinIndex(  # tag:truncated
                fields=["tags"], opclasses=["jsonb_path_ops"], name="events_tags", condition=~models.Q(tags=[])
            ),
            GinIndex(  # event_data @> {...}
                fields=["event_data"],
                opclasses=["jsonb_path_ops"],
                name="events_data",
                condition=~models.Q(event_data={}),
            ),
            GinIndex(  # free words
                SearchVector("search_text", config="simple"),
                name="events_words",
                condition=~models.Q(search_text=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {localtime(self.timestamp):%Y-%m-%d %H:%M:%S}"
