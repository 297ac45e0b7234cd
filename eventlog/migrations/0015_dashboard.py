from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0014_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dashboard",
            fields=[],
            options={
                "verbose_name": "dashboard",
                "verbose_name_plural": "dashboard",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("eventlog.event",),
        ),
    ]
