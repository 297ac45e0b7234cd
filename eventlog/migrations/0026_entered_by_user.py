import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0025_fill_nodes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "subjectrequest",
            "entered_by_user",
            models.ForeignKey(
                to=settings.AUTH_USER_MODEL,
                on_delete=django.db.models.deletion.DO_NOTHING,
                null=True,
                editable=False,
                db_constraint=False,
                db_index=False,
                related_name="+",
            ),
        ),
    ]
