from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0012_refused_events"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("event_category", "SECURITY")),
                fields=["event_type", "ip_address", "-timestamp"],
                name="events_security_address",
            ),
        ),
    ]
