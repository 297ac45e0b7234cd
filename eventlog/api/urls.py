"""The event log's part of `/api/`, each route with and without a trailing slash."""

from rest_framework.routers import SimpleRouter

from eventlog.api import alerts, analytics, views

router = SimpleRouter()
router.trailing_slash = "/?"  # no redirect
router.register("events/analytics", analytics.AnalyticsViewSet, "analytics")
router.register("events", views.EventViewSet, "event")
router.register("alerts", alerts.AlertViewSet, "alert")

urlpatterns = router.urls
