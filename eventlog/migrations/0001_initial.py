import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import eventlog.models.batch
from eventlog.retention.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("record", models.TextField()),
            ],
            options={
                "verbose_name": "waiting event",
                "verbose_name_plural": "waiting events",
                "db_table": "event_outbox",
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("batch_id", models.UUIDField()),
                ("refused_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sqlstate", models.CharField(blank=True, max_length=5)),
                ("reason", models.TextField()),
                ("record", models.TextField()),
            ],
            options={
                "verbose_name": "refused event",
                "verbose_name_plural": "refused events",
                "db_table": "event_dead_letters",
                "indexes": [models.Index(fields=["-refused_at"], name="event_dead_letters_newest")],
            },
        ),
        migrations.CreateModel(
            name="EventBatch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("writer", models.CharField(blank=True, max_length=32)),
                ("first_sequence", models.BigIntegerField(null=True)),
                ("last_sequence", models.BigIntegerField(null=True)),
                ("outbox_count", models.IntegerField(default=0)),
                ("event_count", models.IntegerField(default=0)),
                ("dead_count", models.IntegerField(default=0)),
                ("duplicate_count", models.IntegerField(default=0)),
                ("dropped_count", models.IntegerField(default=0)),
                ("stored_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("stored_xid", eventlog.models.batch.Xid8Field(db_default=eventlog.models.batch.CurrentTransaction())),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "db_table": "event_batches",
                "indexes": [models.Index(fields=["stored_xid", "id"], name="event_batches_order")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("first_sequence__isnull", False)),
                        fields=("writer", "first_sequence"),
                        name="event_batches_segment",
                    )
                ],
            },
        ),
        CreatePartitionedModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="ID")),
                ("timestamp", models.DateTimeField(verbose_name="time")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="stored at"
                    ),
                ),
                ("event_type", models.CharField(max_length=100, verbose_name="type")),
                (
                    "event_category",
                    models.CharField(
                        choices=[
                            ("AUTH", "Sign-in and rights"),
                            ("CRUD", "Records"),
                            ("ML", "Predictions"),
                            ("SYSTEM", "System"),
                            ("FILE", "Files"),
                            ("SECURITY", "Security"),
                        ],
                        max_length=20,
                        verbose_name="category",
                    ),
                ),
                ("event_name", models.CharField(blank=True, default="", max_length=200, verbose_name="what happened")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("debug", "Debug"),
                            ("info", "Info"),
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        default="info",
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                (
                    "event_status",
                    models.CharField(
                        choices=[
                            ("SUCCESS", "Success"),
                            ("FAILED", "Failed"),
                            ("ERROR", "Error"),
                            ("PENDING", "Pending"),
                        ],
                        default="SUCCESS",
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                ("username", models.CharField(blank=True, default="", max_length=150, verbose_name="user name")),
                ("user_role", models.CharField(blank=True, default="", max_length=50, verbose_name="role")),
                ("session_id", models.CharField(blank=True, default="", max_length=64, verbose_name="session")),
                ("auth_method", models.CharField(blank=True, default="", max_length=10, verbose_name="sign-in method")),
                ("request_id", models.CharField(blank=True, default="", max_length=64, verbose_name="request ID")),
                ("trace_id", models.CharField(blank=True, default="", max_length=32, verbose_name="trace ID")),
                ("ip_address", models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address")),
                ("user_agent", models.TextField(blank=True, default="", verbose_name="browser")),
                ("request_method", models.CharField(blank=True, default="", max_length=10, verbose_name="method")),
                ("endpoint", models.CharField(blank=True, default="", max_length=255, verbose_name="endpoint")),
                ("request_path", models.TextField(blank=True, default="", verbose_name="path")),
                ("query_params", models.JSONField(blank=True, null=True, verbose_name="URL parameters")),
                ("request_headers", models.JSONField(blank=True, null=True, verbose_name="headers")),
                ("request_body", models.JSONField(blank=True, null=True, verbose_name="body")),
                ("referrer", models.TextField(blank=True, default="", verbose_name="referrer")),
                ("response_status", models.IntegerField(blank=True, null=True, verbose_name="status code")),
                ("response_time_ms", models.FloatField(blank=True, null=True, verbose_name="duration (ms)")),
                ("response_size_bytes", models.BigIntegerField(blank=True, null=True, verbose_name="size (bytes)")),
                (
                    "response_content_type",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="content type"),
                ),
                ("cpu_time_ms", models.FloatField(blank=True, null=True, verbose_name="CPU time (ms)")),
                ("memory_usage_mb", models.FloatField(blank=True, null=True, verbose_name="memory (MB)")),
                ("memory_delta_kb", models.IntegerField(blank=True, null=True, verbose_name="memory growth (kB)")),
                ("db_query_count", models.IntegerField(blank=True, null=True, verbose_name="database queries")),
                ("db_time_ms", models.FloatField(blank=True, null=True, verbose_name="query time (ms)")),
                (
                    "entity_type",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="kind of record"),
                ),
                ("entity_id", models.CharField(blank=True, default="", max_length=255, verbose_name="record ID")),
                ("entity_name", models.CharField(blank=True, default="", max_length=200, verbose_name="record's name")),
                ("action", models.CharField(blank=True, default="", max_length=20, verbose_name="action")),
                ("event_data", models.JSONField(blank=True, default=dict, verbose_name="data")),
                ("previous_values", models.JSONField(blank=True, null=True, verbose_name="before")),
                ("new_values", models.JSONField(blank=True, null=True, verbose_name="after")),
                ("changed_fields", models.JSONField(blank=True, null=True, verbose_name="changed fields")),
                ("reason", models.TextField(blank=True, default="", verbose_name="reason")),
                ("error_code", models.CharField(blank=True, default="", max_length=100, verbose_name="error code")),
                ("error_message", models.TextField(blank=True, default="", verbose_name="error message")),
                (
                    "error_fingerprint",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="error fingerprint"),
                ),
                ("stack_trace", models.TextField(blank=True, default="", verbose_name="traceback")),
                ("threats", models.JSONField(blank=True, default=list, verbose_name="threats")),
                ("risk_score", models.SmallIntegerField(blank=True, null=True, verbose_name="risk (0-100)")),
                ("server_name", models.CharField(blank=True, default="", max_length=100, verbose_name="server")),
                ("process_id", models.IntegerField(blank=True, null=True, verbose_name="process")),
                (
                    "application_version",
                    models.CharField(blank=True, default="", max_length=50, verbose_name="version"),
                ),
                ("environment", models.CharField(blank=True, default="", max_length=50, verbose_name="environment")),
                ("tags", models.JSONField(blank=True, default=list, verbose_name="tags")),
                ("search_text", models.TextField(blank=True, default="", verbose_name="search words")),
                ("is_sensitive", models.BooleanField(default=False, verbose_name="sensitive")),
                ("retention_days", models.IntegerField(blank=True, null=True, verbose_name="days to keep")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="erased at")),
                ("batch_id", models.UUIDField(blank=True, null=True, verbose_name="batch")),
                ("digest", models.BinaryField(blank=True, null=True, verbose_name="digest")),
                ("actor_commitment", models.BinaryField(blank=True, null=True, verbose_name="actor commitment")),
                ("actor_salt", models.BinaryField(blank=True, null=True, verbose_name="actor salt")),
                ("subject_commitment", models.BinaryField(blank=True, null=True, verbose_name="subject commitment")),
                ("subject_salt", models.BinaryField(blank=True, null=True, verbose_name="subject salt")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "db_table": "events",
                "permissions": [("view_security", "Can view security events")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["-timestamp", "-id"], name="events_newest"),
                    models.Index(fields=["event_category", "-timestamp"], name="events_category_time"),
                    models.Index(fields=["event_type", "-timestamp"], name="events_type_time"),
                    models.Index(
                        condition=models.Q(("user__isnull", False)),
                        fields=["user", "-timestamp"],
                        name="events_user_time",
                    ),
                    models.Index(
                        condition=models.Q(("username", ""), _negated=True),
                        fields=["username", "-timestamp"],
                        name="events_username_time",
                    ),
                    models.Index(
                        condition=models.Q(("request_id", ""), _negated=True),
                        fields=["request_id"],
                        name="events_request",
                    ),
                    models.Index(
                        condition=models.Q(("trace_id", ""), _negated=True), fields=["trace_id"], name="events_trace"
                    ),
                    models.Index(
                        condition=models.Q(("ip_address__isnull", False)),
                        fields=["ip_address", "-timestamp"],
                        name="events_ip_time",
                    ),
                    models.Index(
                        condition=models.Q(("entity_type", ""), _negated=True),
                        fields=["entity_type", "entity_id", "-timestamp"],
                        name="events_entity_time",
                    ),
                    models.Index(
                        condition=models.Q(("session_id", ""), _negated=True),
                        fields=["session_id", "-timestamp"],
                        name="events_session_time",
                    ),
                    models.Index(
                        condition=models.Q(("endpoint", ""), _negated=True),
                        fields=["endpoint", "-timestamp"],
                        name="events_endpoint_time",
                    ),
                    models.Index(
                        condition=models.Q(("event_type", "LOGIN_FAILED")),
                        fields=["ip_address", "-timestamp"],
                        name="events_failed_login",
                    ),
                    models.Index(
                        condition=models.Q(("event_category", "SECURITY")),
                        fields=["-timestamp"],
                        name="events_security",
                    ),
                    models.Index(
                        condition=models.Q(("severity__in", ["high", "critical"])),
                        fields=["-timestamp"],
                        name="events_severe",
                    ),
                    models.Index(
                        condition=models.Q(("response_status__gte", 500)),
                        fields=["-timestamp"],
                        name="events_server_errors",
                    ),
                    models.Index(
                        condition=models.Q(("error_fingerprint", ""), _negated=True),
                        fields=["error_fingerprint", "-timestamp"],
                        name="events_fingerprint",
                    ),
                    models.Index(
                        condition=models.Q(("response_time_ms__gt", 1000)), fields=["-timestamp"], name="events_slow"
                    ),
                    django.contrib.postgres.indexes.BrinIndex(fields=["batch_id"], name="events_batch"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["recorded_at"], name="events_recorded"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("tags", []), _negated=True),
                        fields=["tags"],
                        name="events_tags",
                        opclasses=["jsonb_path_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("event_data", {}), _negated=True),
                        fields=["event_data"],
                        name="events_data",
                        opclasses=["jsonb_path_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.search.SearchVector("search_text", config="simple"),
                        condition=models.Q(("search_text", ""), _negated=True),
                        name="events_words",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("event_category__in", ["AUTH", "CRUD", "ML", "SYSTEM", "FILE", "SECURITY"])
                        ),
                        name="events_category",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["debug", "info", "low", "medium", "high", "critical"])),
                        name="events_severity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("event_status__in", ["SUCCESS", "FAILED", "ERROR", "PENDING"])),
                        name="events_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("response_status__range", (100, 599))), name="events_response_status"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("response_time_ms__gte", 0),
                            ("cpu_time_ms__gte", 0),
                            ("db_time_ms__gte", 0),
                            ("db_query_count__gte", 0),
                            ("response_size_bytes__gte", 0),
                        ),
                        name="events_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_score__range", (0, 100))), name="events_risk_score"
                    ),
                ],
            },
        ),
    ]
