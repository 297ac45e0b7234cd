from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "edupro.demo"
    label = "demo"
