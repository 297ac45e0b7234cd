"""All tables of the app, whatever they are: some of the peers add a model of their own."""

from django.apps import apps
from django.conf import settings
from django.db import migrations


def create_tables(_, schema_editor):
    for model in apps.get_app_config("peers").get_models():
        schema_editor.create_model(model)


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [migrations.RunPython(create_tables)]
