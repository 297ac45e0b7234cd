"""A real Chromium in front of a real server, and a worker that takes its time."""

from collections.abc import Callable, Iterator
from threading import Thread
from time import sleep

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from edupro.demo import data
from edupro.prediction import tasks, training
from edupro.prediction.models import TrainingRun
from edupro.prediction.tests.conftest import person
from edupro.school.models import Siswa
from eventlog.tests.browser.chromium import Chromium, launched

PASSWORD = "a password of hers"
STEP_SECONDS = 0.2


@pytest.fixture
def school(live_server: LiveServer) -> None:
    """The demo's students, one without marks, and an admin; made before the browser is used."""
    data.make()
    Siswa.objects.create(nis="none", nama="<b>Tanpa</b> Nilai", kelas="X-1")
    permissions = Permission.objects.filter(content_type__app_label="prediction")
    person("admin", is_staff=True).user_permissions.set(permissions)


@pytest.fixture
def worker(school: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Does what is ordered, in a thread, slowly enough to be watched."""
    threads: list[Thread] = []
    plain = TrainingRun.advance

    def advance(run: TrainingRun, step: str, *, progress: int) -> None:
        plain(run, step, progress=progress)
        sleep(STEP_SECONDS)

    def work(pk: int) -> None:
        training.perform(pk)
        connection.close()

    def delay(pk: int) -> None:
        threads.append(Thread(target=work, args=[pk]))
        threads[-1].start()

    monkeypatch.setattr(TrainingRun, "advance", advance)
    monkeypatch.setattr(tasks.train, "delay", delay)
    yield
    for thread in threads:
        thread.join()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def browser(school: None, chromium: Chromium) -> Iterator[Browser]:
    with chromium.used() as browser:
        yield browser


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Signed in at the list of versions. The page's console must stay silent: a line there is a broken script, style
    or policy."""
    said: list[str] = []

    def open_page(*, locale: str = "en", script: bool = True) -> Page:
        page = browser.new_context(locale=locale, java_script_enabled=script).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{live_server.url}/admin/prediction/modelversion/")
        page.fill("[name=username]", "admin-ada")
        page.fill("[name=password]", PASSWORD)
        page.click("#login-form [type=submit]")
        return page

    yield open_page
    assert not said
