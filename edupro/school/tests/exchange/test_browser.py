"""Importing a table in a real Chromium: by hand, on a desk and on a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from edupro.school.models import Siswa
from edupro.school.tests.exchange.conftest import workbook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "a password of hers"
HEAD = ["nis", "nama", "kelas", "tanggal_lahir"]
MISTAKEN = [HEAD, ["1001", "Budi", "XI-1", "31/02/2010"], ["7", "", "X-1", "2010-03-21"]]
MENDED = [HEAD, ["1001", "Budi", "XI-1", "21/03/2010"], ["7", "Ani", "X-1", "2010-03-21"]]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Made before the browser starts, like all that asks the database: see `eventlog/tests/browser/conftest.py`."""
    paths = {"mistaken": tmp_path / "mistaken.xlsx", "mended": tmp_path / "mended.xlsx"}
    paths["mistaken"].write_bytes(workbook(MISTAKEN).read())
    paths["mended"].write_bytes(workbook(MENDED).read())
    return paths


@pytest.fixture
def page(live_server: LiveServer, siswa: Siswa, files: dict[str, Path]) -> Iterator[Page]:
    """The list of students. The page's console must stay silent: a line there is a broken script, style or policy."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    User.objects.create_superuser("ada", password=PASSWORD)
    said: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = chromium.new_context(locale="id").new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(f"{live_server.url}/admin/school/siswa/")
        opened.fill("[name=username]", "ada")
        opened.fill("[name=password]", PASSWORD)
        opened.click("[type=submit]")
        yield opened
        chromium.close()
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
