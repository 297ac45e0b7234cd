from django.apps import AppConfig


class CustomConfig(AppConfig):
    name = "eventlog.tests.custom"
    label = "custom"
