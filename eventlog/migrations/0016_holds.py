import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0015_dashboard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="What this person did, and what was done under this name; the account may be gone.",
                        max_length=150,
                        verbose_name="user name",
                    ),
                ),
                (
                    "entity_type",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="As events name it, such as siswa.",
                        max_length=100,
                        verbose_name="kind of record",
                    ),
                ),
                ("entity_id", models.CharField(blank=True, default="", max_length=255, verbose_name="record ID")),
                ("request_id", models.CharField(blank=True, default="", max_length=64, verbose_name="request ID")),
                ("begin", models.DateTimeField(blank=True, null=True, verbose_name="events from")),
                ("end", models.DateTimeField(blank=True, null=True, verbose_name="events before")),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "until",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the hold ends by itself. Empty: when it is lifted.",
                        null=True,
                        verbose_name="until",
                    ),
                ),
                (
                    "placed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="placed at"
                    ),
                ),
                ("placed_by", models.CharField(editable=False, max_length=150, verbose_name="placed by")),
                ("lifted_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="lifted at")),
                (
                    "lifted_by",
                    models.CharField(blank=True, default="", editable=False, max_length=150, verbose_name="lifted by"),
                ),
                (
                    "lift_reason",
                    models.TextField(blank=True, default="", editable=False, verbose_name="reason for lifting"),
                ),
            ],
            options={
                "verbose_name": "hold",
                "verbose_name_plural": "holds",
                "db_table": "event_holds",
                "default_permissions": ("view", "add", "change"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begin", None),
                            ("end", None),
                            ("entity_type", ""),
                            ("request_id", ""),
                            ("username", ""),
                            _negated=True,
                        ),
                        name="event_holds_about_something",
                        violation_error_message="Say what is to be kept: of whom, of which record or request, or of when.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("entity_id", ""), models.Q(("entity_type", ""), _negated=True), _connector="OR"
                        ),
                        name="event_holds_record",
                        violation_error_message="A record ID needs the kind of record, too.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("begin", None), ("end", None), ("begin__lt", models.F("end")), _connector="OR"
                        ),
                        name="event_holds_time",
                        violation_error_message="The time ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="event_holds_reason"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("retention_days__isnull", False)), fields=["timestamp"], name="events_own_days"
            ),
        ),
    ]
