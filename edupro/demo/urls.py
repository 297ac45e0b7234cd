"""The tour, and pages that go wrong, so that the event log has faults to show. Included where DEBUG is on."""

from django.urls import path
from django.views.generic import TemplateView

from edupro.demo import views
from edupro.demo.tour import STEPS

urlpatterns = [
    path("", TemplateView.as_view(template_name="demo/tour.html", extra_context={"steps": STEPS}), name="demo-tour"),
    path("rata-rata", views.class_average, name="demo-average"),
    path("lambat", views.slow_report, name="demo-slow"),
]
