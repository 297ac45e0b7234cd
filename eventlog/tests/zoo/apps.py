from django.apps import AppConfig


class ZooConfig(AppConfig):
    name = "eventlog.tests.zoo"
    label = "zoo"
    default_auto_field = "django.db.models.BigAutoField"
