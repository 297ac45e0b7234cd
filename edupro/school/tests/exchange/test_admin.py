"""Import and export in the admin."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from edupro.school.exchange import drafts
from edupro.school.exchange.entities import SISWA
from edupro.school.exchange.plan import Plan
from edupro.school.models import ImportDraft, NilaiRaport, Siswa
from edupro.school.tasks import remove_old_drafts
from edupro.school.tests.exchange.conftest import workbook

HEAD = ["nis", "nama", "kelas"]
ROWS = [HEAD, ["1001", "Budi Santoso", "XI-1"], ["7", "<b>Ani", "X-1"]]
IMPORT = "/admin/school/siswa/import/"


@pytest.fixture
def admin(client: Client, person: Callable[..., User]) -> Client:
    client.force_login(person("admin", is_staff=True))
    return client


def upload(client: Client, rows: Any = ROWS) -> Any:
    return client.post(IMPORT, {"file": workbook(rows)})


def confirm(client: Client) -> Any:
    return client.post(f"{IMPORT}{ImportDraft.objects.get().pk}/", follow=True)


def test_a_file_is_previewed_then_confirmed(admin: Client, siswa: Siswa) -> None:
    page = upload(admin).content.decode()
    assert "<del>X-1</del>" in page and "&lt;b&gt;Ani" in page and Siswa.objects.count() == 1
    assert "Imported: 1 new, 1 changed." in confirm(admin).content.decode()
    assert Siswa.objects.get(nis="1001").kelas == "XI-1" and not ImportDraft.objects.exists()


def test_a_preview_with_mistakes_cannot_be_confirmed(admin: Client) -> None:
    page = upload(admin, [HEAD, ["7", "", "X-1"]]).content.decode()
    assert "A new record needs a value here." in page and "Confirm" not in page and not ImportDraft.objects.exists()


def test_a_hostile_file_is_an_error_of_the_form(admin: Client) -> None:
    response = admin.post(IMPORT, {"file": SimpleUploadedFile("a.xlsx", b"MZ")})
    assert response.status_code == 200 and "Choose an Excel workbook" in response.content.decode()
    assert "required" in admin.post(IMPORT, {}).content.decode()


def test_a_draft_is_confirmed_once(admin: Client) -> None:
    upload(admin)
    key = ImportDraft.objects.get().pk
    for words in ("Imported", "no longer there"):
        assert words in admin.post(f"{IMPORT}{key}/", follow=True).content.decode()
    assert Siswa.objects.count() == 2


def test_a_draft_that_goes_while_it_is_looked_at_is_no_fault(admin: Client) -> None:
    upload(admin)
    draft = ImportDraft.objects.get()
    with patch.object(drafts.plan, "make", side_effect=lambda *_, **__: draft.delete() and Plan(SISWA, (), ())):
        page = admin.get(f"{IMPORT}{draft.pk}/", follow=True).content.decode()
    assert "no longer there" in page


def test_a_draft_is_its_owners_alone(admin: Client, root: User) -> None:
    upload(admin)
    other = Client()
    other.force_login(root)
    assert "no longer there" in confirm(other).content.decode() and not Siswa.objects.exists()


def test_what_changed_since_the_preview_is_previewed_anew(admin: Client, siswa: Siswa) -> None:
    upload(admin)
    Siswa.objects.update(kelas="X-9")
    page = confirm(admin).content.decode()
    assert "have changed since the preview" in page and "<del>X-9</del>" in page and Siswa.objects.count() == 1
    assert "Imported" in confirm(admin).content.decode()


def test_a_newer_draft_replaces_the_one_before_and_its_file(
    admin: Client, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            upload(admin)
    assert [path.name for path in media.rglob("*.xlsx")] == [Path(ImportDraft.objects.get().file.name).name]


def test_a_draft_is_kept_for_a_day_and_readable_to_nobody_else(
    admin: Client, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload(admin)
    assert [path.stat().st_mode & 0o777 for path in media.rglob("*.xlsx")] == [0o600]
    assert remove_old_drafts() == 0
    ImportDraft.objects.update(created=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old_drafts() == 1
    assert not list(media.rglob("*.xlsx")) and not ImportDraft.objects.exists()


@pytest.mark.parametrize("page", ["import/", "import/1/", "template/"])
def test_who_may_not_change_students_has_no_import(client: Client, person: Callable[..., User], page: str) -> None:
    client.force_login(person("guru", is_staff=True))
    assert client.get(f"/admin/school/siswa/{page}").status_code == 403
    assert "/import/" not in client.get("/admin/school/siswa/").content.decode()


def test_who_may_not_see_incomes_exports_none(client: Client, person: Callable[..., User]) -> None:
    client.force_login(person("guru", is_staff=True))
    assert client.get("/admin/school/penghasilanortu/export/").status_code == 403


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_list_is_exported_as_it_is_filtered(admin: Client, many: list[Siswa], format: str) -> None:
    page = admin.get("/admin/school/nilairaport/?q=siswa&semester__exact=1").content.decode()
    assert f"/admin/school/nilairaport/export/?format={format}&amp;q=siswa&amp;semester__exact=1" in page
    response = admin.get(f"/admin/school/nilairaport/export/?format={format}&q=0007")
    assert b"".join(response.streaming_content) and NilaiRaport.objects.count() == 60


def test_an_export_holds_what_is_searched_for(admin: Client, many: list[Siswa]) -> None:
    response = admin.get("/admin/school/siswa/export/?q=000")
    assert len(b"".join(response.streaming_content).splitlines()) == 11
    assert admin.get("/admin/school/siswa/export/?format=pdf").status_code == 400
    assert admin.get("/admin/school/siswa/export/?nothing=1").status_code == 302


@pytest.mark.parametrize("model", ["siswa", "nilairaport", "presensi", "penghasilanortu"])
def test_every_list_has_its_buttons(admin: Client, model: str) -> None:
    page = admin.get(f"/admin/school/{model}/").content.decode()
    assert all(f"/admin/school/{model}/{link}" in page for link in ("import/", "export/?format=csv"))
    assert admin.get(f"/admin/school/{model}/import/").status_code == 200
