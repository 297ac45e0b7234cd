import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0003_rollups"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="events_batch",
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["batch_id"], name="events_batch"
            ),
        ),
    ]
