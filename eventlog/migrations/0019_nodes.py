from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0018_subject_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="logentry",
            name="nodes",
            field=models.BinaryField(default=b""),
        ),
    ]
