from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0011_proof"),
    ]

    operations = [
        migrations.CreateModel(
            name="Status",
            fields=[],
            options={
                "verbose_name": "status",
                "verbose_name_plural": "status",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("eventlog.eventbatch",),
        ),
        migrations.AlterModelOptions(
            name="deadletter",
            options={
                "default_permissions": ("change",),
                "verbose_name": "refused event",
                "verbose_name_plural": "refused events",
            },
        ),
        migrations.AddField(
            model_name="deadletter",
            name="decided_at",
            field=models.DateTimeField(null=True, verbose_name="decided at"),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="decided_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="decided by"),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waits for a decision"),
                    ("retried", "Stored after all"),
                    ("discarded", "Discarded"),
                ],
                db_default="waiting",
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
