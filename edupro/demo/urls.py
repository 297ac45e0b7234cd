"""Pages that go wrong, so that the event log has faults to show. Included where DEBUG is on."""

from django.urls import path

from edupro.demo import views

urlpatterns = [
    path("rata-rata", views.class_average, name="demo-average"),
    path("lambat", views.slow_report, name="demo-slow"),
]
