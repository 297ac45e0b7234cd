"""The description of the API, and the page that shows it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from edupro.openapi.views import described

REFUSED = "401 (Unauthorized)"  # what the test's own request is answered
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    found: dict[str, Any] = described()["paths"]
    return found


def test_the_description_is_valid_and_nothing_in_it_was_guessed(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def operations(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_operation_says_what_it_does_and_belongs_somewhere(paths: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in described()["tags"]}
    wanting = [
        name
        for name, each in operations(paths)
        if not (each.get("summary") and each.get("description") and set(each["tags"]) <= tags)
    ]
    assert wanting == []


def test_every_refusal_is_a_problem(paths: dict[str, Any]) -> None:
    for name, operation in operations(paths):
        for status, answer in operation["responses"].items():
            assert status < "400" or list(answer["content"]) == ["application/problem+json"], (name, status)


def test_what_is_new_is_a_list_or_what_to_go_on_from(paths: dict[str, Any]) -> None:
    recent = paths["/api/events/recent"]["get"]
    assert {"after", "category", "actor"} <= {each["name"] for each in recent["parameters"]}
    reference = recent["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    listed, continued = described()["components"]["schemas"][reference.rpartition("/")[2]]["oneOf"]
    assert listed == {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}
    assert continued == {"$ref": "#/components/schemas/Continued"}


def test_a_stream_tells_what_else_it_may_answer(paths: dict[str, Any]) -> None:
    assert {"200", "501", "503"} <= set(paths["/api/events/stream"]["get"]["responses"])


def test_who_must_sign_in_can_read_how(paths: dict[str, Any]) -> None:
    schemes = described()["components"]["securitySchemes"]
    assert set(schemes) == {"token", "session", "basic"} and all(each["description"] for each in schemes.values())
    assert paths["/api/siswa"]["get"]["security"] == [{"token": []}, {"session": []}, {"basic": []}]
    assert {"401", "403"} <= set(paths["/api/siswa"]["get"]["responses"])


def test_every_address_of_the_api_is_described(paths: dict[str, Any]) -> None:
    names = {"schema"}
    served = {pattern for pattern, name in routes(get_resolver().url_patterns) if name not in names}
    assert len(served) == len(paths)


def routes(patterns: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """(route, name) below `api/`."""
    for each in patterns:
        route = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, route)
        elif route.lstrip("^").startswith("api/"):
            yield route, each.name


@pytest.mark.parametrize("slash", ["", "/"])
def test_everybody_reads_the_description_and_the_page(client: Client, slash: str) -> None:
    assert json.loads(client.get(f"/api/schema{slash}?format=json").content)["openapi"] == "3.1.1"
    assert client.get(f"/api/schema{slash}").content.startswith(b"openapi:")
    assert client.get(f"/docs{slash}").status_code == 200


def test_the_page_brings_no_script_or_style_along(client: Client) -> None:
    answer = client.get("/docs")
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert "<script>" not in page and "<style" not in page and "style=" not in page
    assert "unsafe" not in policy and "http" not in policy and "img-src 'self' data:" in policy


@pytest.fixture(params=["light", "dark"])
def page(live_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """On a phone. Its console must stay silent, and nothing may be asked of others."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    said, asked = list[str](), list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        options: Any = {"viewport": {"width": 390, "height": 844}, "color_scheme": request.param}
        opened = browser.new_context(**options).new_page()
        opened.on("console", lambda message: said.append(message.text) if REFUSED not in message.text else None)
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda each: asked.append(each.url))
        opened.goto(f"{live_server.url}/docs")
        opened.set_default_timeout(20_000)
        yield opened
        browser.close()
    assert said == [] and [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_shows_each_part_and_tries_a_request(page: Page) -> None:
    expect(page.get_by_role("link", name="events", exact=True)).to_be_visible()
    page.get_by_role("link", name="auth", exact=True).click()
    page.locator("#operations-auth-auth_me_retrieve").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.get_by_role("cell", name="401", exact=True).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
