import django.db.models.functions.datetime
from django.db import migrations, models

import eventlog.models.batch
from eventlog.integrity import guards
from eventlog.models import epoch


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0021_archive_turns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shift", models.BigIntegerField()),
                ("behind", models.BigIntegerField()),
                ("began_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "cluster of the store order",
                "verbose_name_plural": "clusters of the store order",
                "db_table": "event_epochs",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(list(epoch.INSTALLED), list(epoch.REMOVED)),
        migrations.AlterField(
            model_name="eventbatch",
            name="stored_xid",
            field=eventlog.models.batch.Xid8Field(db_default=eventlog.models.batch.StoredTransaction()),
        ),
        migrations.AlterField(
            model_name="removal",
            name="stored_xid",
            field=eventlog.models.batch.Xid8Field(db_default=eventlog.models.batch.StoredTransaction()),
        ),
        migrations.RunSQL(list(guards.installed_for_epochs()), list(guards.installed_without_epochs())),
    ]
