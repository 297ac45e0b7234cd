"""The school speaks Indonesian as well as English."""

from django.utils.translation import override
from rest_framework.test import APIClient

from edupro.school.models import NilaiRaport


def test_models_have_indonesian_names() -> None:
    with override("id"):
        assert str(NilaiRaport._meta.verbose_name) == "nilai rapor"


def test_problems_are_told_in_the_language_asked_for(admin_api: APIClient) -> None:
    body = admin_api.post("/api/siswa", {}, headers={"accept-language": "id"}).json()
    assert body["detail"] == "Ada isian yang tidak benar."
