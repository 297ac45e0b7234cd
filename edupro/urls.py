"""Where everything is. The API, the home page and the health checks answer with and without a trailing slash."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from edupro.guides import guide
from edupro.openapi.views import DocsView, SchemaView
from edupro.people.views import HomeView, SayaView

admin.site.site_header = admin.site.site_title = "EduPro"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("saya/", SayaView.as_view(), name="saya"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}edupro/icon.svg"), name="icon"),
    # One page for each: these two are links on the admin's own pages.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/password_reset/", RedirectView.as_view(pattern_name="password_reset"), name="admin_password_reset"),
    path("admin/", admin.site.urls),
    path("accounts/", include("edupro.people.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("eventlog.monitoring.urls")),
    re_path(r"^docs/?$", DocsView.as_view(), name="docs"),
    path("guides/<path:name>", guide, name="guide"),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    path("api/", include("eventlog.api.urls")),
    path("api/auth/", include("edupro.people.api_urls")),
    path("api/", include("edupro.school.urls")),
    path("api/", include("edupro.prediction.urls")),
    *([path("demo/", include("edupro.demo.urls"))] if settings.DEBUG else []),
]

handler400 = "edupro.errors.bad_request"
handler403 = "edupro.errors.permission_denied"
handler404 = "edupro.errors.page_not_found"
handler500 = "edupro.errors.server_error"
