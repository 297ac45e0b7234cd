"""`/health/live`, `/health/ready` and `/metrics`, with and without a trailing slash."""

from django.urls import re_path

from eventlog.monitoring import views

urlpatterns = [
    re_path(r"^health/live/?$", views.live, name="live"),
    re_path(r"^health/ready/?$", views.ready, name="ready"),
    re_path(r"^metrics/?$", views.metrics, name="metrics"),
]
