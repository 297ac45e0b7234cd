"""A real Chromium in front of a real server."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from edupro.people.tests.conftest import PASSWORD
from edupro.school.models import KelasGuru, NilaiRaport, Presensi, Siswa

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def school(live_server: LiveServer, person: Callable[..., User]) -> int:
    """An administrator, a teacher, whose key this is, and a student with his records.

    Made before the browser starts: Playwright's plain interface runs an event loop in the test's thread, which Django
    takes for async code.
    """
    person("admin", is_staff=True)
    guru = person("guru", is_staff=True, email="guru@school.example")
    KelasGuru.objects.create(user=guru, kelas="X-1")
    budi = Siswa.objects.create(nis="1001", nama="Budi Santoso", kelas="X-1", user=person("siswa"))
    for semester in (1, 2):
        marks = {"matematika": 80 + semester, "ipa": 77, "bahasa_indonesia": 91, "sejarah": 68}
        NilaiRaport.objects.create(siswa=budi, semester=semester, tahun_ajaran="2025/2026", **marks)
        Presensi.objects.create(siswa=budi, semester=semester, tahun_ajaran="2025/2026", hadir=96, sakit=3, alpa=1)
    return guru.pk


@pytest.fixture
def chromium(school: int) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """A visitor's window. Its console must stay silent: a line there is a broken script, style or policy."""
    said: list[str] = []

    def opened(**options: str) -> Page:
        page = chromium.new_context(base_url=live_server.url, **{"locale": "en", **options}).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield opened
    assert not said


@pytest.fixture
def signed_in(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """As `role`, on the page for everybody."""

    def sign_in(role: str, **options: str) -> Page:
        page = open_page(**options)
        page.goto("/accounts/login/")
        page.fill("[name=username]", f"{role}-ada")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_url("**/")
        return page

    return sign_in
