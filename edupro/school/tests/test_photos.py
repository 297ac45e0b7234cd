"""Students' photos, served to whoever may see the student."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from edupro.school.models import Siswa

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def pictured(siswa: Siswa) -> Siswa:
    siswa.foto.save("budi.png", ContentFile(PNG))
    return siswa


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_photo_is_served_as_what_it_is(guru_api: APIClient, pictured: Siswa, slash: str) -> None:
    response = guru_api.get(f"/api/siswa/{pictured.pk}/foto{slash}")
    assert b"".join(response.streaming_content) == PNG and response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == f'inline; filename="{Path(pictured.foto.name).name}"'


def test_a_student_without_photo_or_file_has_none(guru_api: APIClient, pictured: Siswa) -> None:
    Path(pictured.foto.path).unlink()
    assert guru_api.get(f"/api/siswa/{pictured.pk}/foto").status_code == 404
    Siswa.objects.update(foto="")
    assert guru_api.get(f"/api/siswa/{pictured.pk}/foto").status_code == 404


def test_who_may_not_see_the_student_sees_no_photo(client_of: Callable[[str], APIClient], pictured: Siswa) -> None:
    assert client_of("siswa").get(f"/api/siswa/{pictured.pk}/foto").status_code == 404
    assert APIClient().get(f"/api/siswa/{pictured.pk}/foto").status_code == 401


def test_the_address_of_a_photo_is_the_apis_everywhere(
    client: Client, admin_api: APIClient, pictured: Siswa, guru: User, person: Callable[..., User]
) -> None:
    address = f"/api/siswa/{pictured.pk}/foto"
    assert admin_api.get(f"/api/siswa/{pictured.pk}").json()["foto"] == f"http://testserver{address}"
    User.objects.filter(pk=guru.pk).update(is_staff=True)
    for user in (guru, person("root", is_staff=True, is_superuser=True)):
        client.force_login(user)
        page = client.get(f"/admin/school/siswa/{pictured.pk}/change/").content.decode()
        assert f'<img class="siswa-picture" src="{address}"' in page and "/media/" not in page
    assert client.get(f"/media/{pictured.foto.name}").status_code == 404


def test_a_replaced_photo_is_removed(
    pictured: Siswa, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        pictured.foto.save("new.png", ContentFile(PNG))
    assert [path.name for path in media.rglob("*.png")] == [Path(pictured.foto.name).name]
