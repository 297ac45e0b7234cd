from django.db import migrations

from eventlog.integrity import guards


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0013_attacks_by_address"),
    ]

    operations = [
        migrations.RunSQL(list(guards.installed()), "DROP FUNCTION eventlog_guard() CASCADE"),
    ]
