"""The documentation in a browser."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from edupro.reference.tests.pages import DOCS, PAGES, ROOT, anchors_of, name_of

pytestmark = pytest.mark.django_db
OTHERS = ("manage.py", ".env", "docs", "docs/", "docs/../manage.py", "docs/nothing.md", "docs/%00", "../etc/passwd")


@pytest.fixture
def somebody(client: Client) -> Client:
    client.force_login(User.objects.create_user("ani"))
    return client


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_each_anchor_that_links_to_it_may_name(somebody: Client, page: str) -> None:
    shown = somebody.get(f"/guides/{name_of(page)}").content.decode()
    assert anchors_of(page) <= set(re.findall(r' (?:id|name)="([^"]+)"', shown))


def test_its_tables_and_code_are_shown_as_such(somebody: Client) -> None:
    shown = somebody.get("/guides/docs/operations.md").content.decode()
    assert "<td><code>journal_full</code></td>" in shown and '<pre><code class="language-ini">' in shown


def test_it_says_in_which_language_it_is(somebody: Client) -> None:
    assert '<article class="guide" lang="id">' in somebody.get("/guides/docs/pengguna.md").content.decode()


@pytest.mark.parametrize(("name", "kind"), [("docs/images/event.png", "image/png"), ("docs/roles.sql", "text/plain")])
def test_what_a_page_refers_to_is_there(somebody: Client, name: str, kind: str) -> None:
    answer = somebody.get(f"/guides/{name}")
    assert answer["Content-Type"].partition(";")[0] == kind
    assert b"".join(answer.streaming_content) == (ROOT / name).read_bytes()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_is(somebody: Client, name: str) -> None:
    assert somebody.get(f"/guides/{name}").status_code == 404


def test_strangers_sign_in_first(client: Client) -> None:
    answer = client.get(f"/guides/{name_of(DOCS / 'operations.md')}")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/guides/docs/operations.md")


def test_what_the_api_refuses_leads_there(client: Client) -> None:
    problems = [client.get(path).json() for path in ("/api/siswa", "/api/nothing")]
    assert [each["more"] for each in problems] == [
        "/guides/docs/api.md#sign-in",
        "/guides/docs/api.md#what-is-refused",
    ]
