"""The school's part of `/api/`, each route with and without a trailing slash."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from edupro.school import auth, views

router = SimpleRouter()
router.trailing_slash = "/?"  # no redirect: a redirected POST would arrive as a GET
router.register("siswa", views.SiswaViewSet, "siswa")
router.register("nilai", views.NilaiViewSet, "nilai")
router.register("presensi", views.PresensiViewSet, "presensi")
router.register("penghasilan", views.PenghasilanViewSet, "penghasilan")

urlpatterns = [
    re_path(r"^auth/login/?$", auth.LoginView.as_view(), name="login"),
    re_path(r"^auth/refresh/?$", auth.RefreshView.as_view(), name="refresh"),
    re_path(r"^auth/logout/?$", auth.LogoutView.as_view(), name="logout"),
    re_path(r"^auth/me/?$", auth.MeView.as_view(), name="me"),
    *router.urls,
]
