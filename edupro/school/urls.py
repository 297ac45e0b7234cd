"""The school's part of `/api/`, each route with and without a trailing slash."""

from rest_framework.routers import SimpleRouter

from edupro.school import views

router = SimpleRouter()
router.trailing_slash = "/?"  # no redirect: a redirected POST would arrive as a GET
router.register("siswa", views.SiswaViewSet, "siswa")
router.register("nilai", views.NilaiViewSet, "nilai")
router.register("presensi", views.PresensiViewSet, "presensi")
router.register("penghasilan", views.PenghasilanViewSet, "penghasilan")

urlpatterns = router.urls
