from django.db import migrations

from eventlog.models import churning


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0022_epochs"),
    ]

    operations = [
        migrations.RunSQL(list(churning.altered()), list(churning.reset())),
    ]
