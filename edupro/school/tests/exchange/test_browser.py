"""Importing a table in a real Chromium: by hand, on a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from edupro.school.models import Siswa
from edupro.school.tests.exchange.conftest import workbook
from eventlog.tests.browser.chromium import Chromium, launched, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a password of hers"
HEAD = ["nis", "nama", "kelas", "tanggal_lahir"]
MISTAKEN = [HEAD, ["1001", "Budi", "XI-1", "31/02/2010"], ["7", "", "X-1", "2010-03-21"]]
MENDED = [HEAD, ["1001", "Budi", "XI-1", "21/03/2010"], ["7", "Ani", "X-1", "2010-03-21"]]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Made before the browser is used, like all that asks the database."""
    paths = {"mistaken": tmp_path / "mistaken.xlsx", "mended": tmp_path / "mended.xlsx"}
    paths["mistaken"].write_bytes(workbook(MISTAKEN).read())
    paths["mended"].write_bytes(workbook(MENDED).read())
    return paths


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(live_server: LiveServer, siswa: Siswa, files: dict[str, Path], chromium: Chromium) -> Iterator[Page]:
    """The list of students."""
    User.objects.create_superuser("ada", password=PASSWORD)
    with chromium.used() as browser:
        context = browser.new_context(locale="id")
        said = watched(context, live_server.url)
        opened = context.new_page()
        opened.goto(f"{live_server.url}/admin/school/siswa/")
        opened.fill("[name=username]", "ada")
        opened.fill("[name=password]", PASSWORD)
        opened.click("#login-form [type=submit]")
        yield opened
    assert not said


def preview(page: Page, file: Path) -> None:
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Pratinjau").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_mistakes_are_shown_mended_and_the_rest_confirmed(page: Page, files: dict[str, Path], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("link", name="Impor", exact=True).click()
    preview(page, files["mistaken"])
    expect(page.locator(".exchange")).to_contain_text("Tanggal itu tidak ada.")
    expect(page.locator(".exchange")).to_contain_text("Data baru harus diisi di sini.")
    page.get_by_role("link", name="Pilih berkas lain").click()
    preview(page, files["mended"])
    expect(page.locator(".exchange del").first).to_have_text("Budi Santoso")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Konfirmasi").click()
    expect(page.locator(".messagelist")).to_contain_text("1 baru, 1 diubah")
    expect(page.locator("#result_list")).to_contain_text("Ani")
