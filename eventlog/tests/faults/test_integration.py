"""`docs/integration.md`, followed word by word: its lines in a new project, which records what happens there."""

import ast
import base64
import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import environ
import pytest

from edupro.reference.tests.pages import DOCS, Block, blocks_of
from eventlog.tests.faults import servers
from eventlog.tests.faults.conftest import url_of
from eventlog.tests.faults.servers import ROOT, Server, Site, free_port

PAGE = DOCS / "integration.md"
MODELS = """
from django.db import models

class Tea(models.Model):
    name = models.CharField(max_length=50)
    price = models.IntegerField(default=1)
"""
VIEWS = """
from django.http import HttpResponse
from django.urls import path
from store.models import Tea

def raise_price(request):
    tea, _ = Tea.objects.get_or_create(name="Assam")
    tea.price += 1
    tea.save()
    return HttpResponse(tea.price)

urlpatterns.append(path("raise/", raise_price))
"""
ROOTS = {"DJANGO_SUPERUSER_USERNAME": "root", "DJANGO_SUPERUSER_PASSWORD": "sesame"}


def ten_lines() -> list[Block]:
    """Up to the second heading, in the order of the page: install, settings, URLs, migrate."""
    end = PAGE.read_text().count("\n", 0, PAGE.read_text().index("\n## What to add")) + 1
    return [block for block in blocks_of(PAGE) if block.line < end]


def imported(path: Path) -> Iterator[str]:
    """The modules that it imports when it is imported itself."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Import):
            yield from (name.name.partition(".")[0] for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield (statement.module or "").partition(".")[0]


BROUGHT = {"django", "asgiref", "pyjwt", "billiard"}  # by the project, Django, simplejwt, celery
BY_CHOICE = {"django-pgtrigger"}  # with TRIGGER_MODELS


def test_what_is_to_be_installed_is_what_the_app_imports() -> None:
    """Here everything is installed: a new environment has nothing else."""
    files = [path for path in (ROOT / "eventlog").rglob("*.py") if "tests" not in path.parts]
    owners = packages_distributions()
    names = {name for path in files for name in imported(path) if name in owners}
    needed = {owners[name][0].lower().replace("_", "-") for name in names} - BROUGHT - BY_CHOICE
    asked = re.search(r"pip install (.*)", PAGE.read_text())
    assert asked and needed - set(asked[1].split()) == set()


class Shop(Site):
    """A project that Django has made, at its own folder."""

    def manage_it(self, *arguments: str) -> None:
        process = self.run(sys.executable, str(self.folder / "manage.py"), *arguments)
        assert process.wait(seconds=60) == 0, process.said()

    def serve_it(self) -> Server:
        port = free_port()
        where = ("--bind", f"127.0.0.1:{port}", "--chdir", str(self.folder), "--no-control-socket")
        return self.serve("gunicorn", "shop.wsgi", *where, port=port)


def started(folder: Path, url: str) -> Shop:
    """What `startproject` and `startapp` leave, a model and a view, and PostgreSQL."""
    shop = Shop(url, folder, {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONDONTWRITEBYTECODE": "1", **ROOTS})
    made = shop.run(sys.executable, "-m", "django", "startproject", "shop", str(folder), name="startproject")
    assert made.wait() == 0, made.said()
    (folder / "store").mkdir()
    (folder / "store" / "models.py").write_text(MODELS)
    database = {**environ.Env().db_url_config(url), "ATOMIC_REQUESTS": False}
    append(folder / "shop" / "settings.py", f"DATABASES = {{'default': {database!r}}}\nINSTALLED_APPS += ['store']\n")
    return shop


def append(path: Path, code: str) -> None:
    path.write_text(f"{path.read_text()}\n{code}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    name = f"shop_{os.getpid()}"
    servers.rows(url_of("postgres"), f"CREATE DATABASE {name}")
    shop = started(tmp_path_factory.mktemp("shop"), url_of(name))
    try:
        with servers.destroyed_after(shop):
            followed(shop)
            yield shop
    finally:
        servers.rows(url_of("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def followed(shop: Shop) -> None:
    """The page; instead of a copy a link to the folder."""
    _install, settings, urls, migrate = ten_lines()
    (shop.folder / "eventlog").symlink_to(ROOT / "eventlog")
    append(shop.folder / "shop" / "settings.py", settings.code)
    append(shop.folder / "shop" / "urls.py", urls.code + VIEWS)
    for line in migrate.code.splitlines():
        python, script, *arguments = line.split()
        assert (python, script) == ("python", "manage.py")
        shop.manage_it(*arguments, *(["--run-syncdb"] if "migrate" in arguments else []))
    shop.manage_it("createsuperuser", "--noinput", "--email=root@example.org")


def test_they_are_ten_at_most() -> None:
    lines = [line for block in ten_lines() for line in block.code.splitlines() if line.strip()]
    assert len(lines) <= 10, lines


def test_a_new_project_records_requests_and_changes(shop: Shop) -> None:
    server = shop.serve_it()
    answers = {path: server.get(path).status for path in ("/raise/", "/health/ready", "/nowhere", "/admin/login/")}
    assert answers == {"/raise/": 200, "/health/ready": 200, "/nowhere": 404, "/admin/login/": 200}
    root = {"Authorization": "Basic " + base64.b64encode(b"root:sesame").decode()}
    assert (server.get("/api/events").status, server.get("/api/events", **root).status) == (403, 200)
    server.end()

    told = shop.rows("SELECT event_type FROM events ORDER BY timestamp")
    assert {"COMMAND", "USER_REGISTER", "TEA_CREATE", "TEA_UPDATE", "APP_START", "HTTP_REQUEST"} <= {t for (t,) in told}
    (change,) = shop.rows(
        "SELECT c.previous_values, c.new_values, r.request_path FROM events c JOIN events r USING (request_id)"
        " WHERE c.event_type = 'TEA_UPDATE' AND r.event_type = 'HTTP_REQUEST'"
    )
    assert change == ({"price": 1}, {"price": 2}, "/raise/")
    assert shop.waiting() == []
    assert shop.accounts()["dead"] == 0
