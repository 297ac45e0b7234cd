"""A real Chromium in front of a real server."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from edupro.people.tests.conftest import PASSWORD
from edupro.school.models import KelasGuru, NilaiRaport, Presensi, Siswa
from eventlog.tests.browser.chromium import Chromium, launched


@pytest.fixture
def school(live_server: LiveServer, person: Callable[..., User]) -> int:
    """An administrator, a teacher, whose key this is, and a student with his records; made before the browser
    is used."""
    person("admin", is_staff=True)
    guru = person("guru", is_staff=True, email="guru@school.example")
    KelasGuru.objects.create(user=guru, kelas="X-1")
    budi = Siswa.objects.create(nis="1001", nama="Budi Santoso", kelas="X-1", user=person("siswa"))
    for semester in (1, 2):
        marks = {"matematika": 80 + semester, "ipa": 77, "bahasa_indonesia": 91, "sejarah": 68}
        NilaiRaport.objects.create(siswa=budi, semester=semester, tahun_ajaran="2025/2026", **marks)
        Presensi.objects.create(siswa=budi, semester=semester, tahun_ajaran="2025/2026", hadir=96, sakit=3, alpa=1)
    return guru.pk


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def browser(school: int, chromium: Chromium) -> Iterator[Browser]:
    with chromium.used() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """A visitor's window. Its console must stay silent: a line there is a broken script, style or policy."""
    said: list[str] = []

    def opened(**options: str) -> Page:
        page = browser.new_context(base_url=live_server.url, **{"locale": "en", **options}).new_page()
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
