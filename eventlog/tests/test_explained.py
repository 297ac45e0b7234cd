"""System checks, commands, the console's pages and what the API refuses lead to the sections that explain them."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from edupro.errors import REFUSED
from edupro.errors import SECTIONS as OF_STATUSES
from edupro.reference.operations import all_commands
from edupro.reference.tests.pages import DOCS, ROOT, anchors_of, text_of
from edupro.reference.tests.test_documentation import CODE
from eventlog.admin.concerns import ADVICES
from eventlog.blocking.middleware import SECTION as OF_BLOCKS
from eventlog.explained import COMMANDS, SCREENS, SECTIONS, screen
from eventlog.tests.conftest import Change


def test_each_check_has_its_section() -> None:
    told = {name for path in CODE for name in re.findall(r"id=\"(eventlog\.[EW]\d+)\"", path.read_text())}
    assert told == set(SECTIONS)


@pytest.mark.parametrize("language", ["en", "id"])
def test_each_section_is_there(language: str) -> None:
    with translation.override(language):
        screens = {str(section) for section in SCREENS.values()}
    for section in {*SECTIONS.values(), *COMMANDS.values(), *OF_STATUSES.values(), REFUSED, OF_BLOCKS, *screens}:
        page, _, anchor = section.partition("#")
        assert (ROOT / page).exists(), section
        assert not anchor or anchor in anchors_of(ROOT / page), section


def test_a_hint_ends_with_it(event_log: Change) -> None:
    event_log(BATCHSIZE=5)
    (message,) = [message for message in run_checks() if message.id == "eventlog.E002"]
    assert str(message.hint).endswith(". More: README.md#settings")


def test_each_check_and_limit_has_its_row_in_operations() -> None:
    rows = "\n".join(line for line in text_of(DOCS / "operations.md").splitlines() if line.startswith("|"))
    assert [name for name in (*SECTIONS, *ADVICES) if f"`{name}`" not in rows] == []


# --- the console ---
def names(resolver: URLResolver) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield each.name or ""
        else:
            yield from names(each)


def test_each_page_of_the_console_has_its_section() -> None:
    pages = {name for name in names(get_resolver()) if name.startswith("eventlog_")}
    assert pages and [name for name in sorted(pages) if not screen(name)] == []


LISTS = ("event", "dashboard", "alert", "eventmute", "block", "status", "deadletter", "hold", "subjectrequest")


@pytest.fixture
def root(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_the_console_ends_with_it(root: Client, event_log: Change, name: str) -> None:
    event_log(DOCS_URL="https://docs.school.example")
    section = screen(f"eventlog_{name}_changelist")
    page = root.get(f"/admin/eventlog/{name}/").content.decode()
    assert f'<a href="https://docs.school.example/{section}" title="{section}">Help with this page</a>' in page


def test_it_is_only_named_where_nobody_has_said_where_it_can_be_read(root: Client, event_log: Change) -> None:
    event_log(DOCS_URL="")
    page = root.get("/admin/eventlog/hold/add/").content.decode()
    assert "More: <code>docs/retention.md#legal-holds</code>" in page


def test_pages_of_others_have_none(root: Client) -> None:
    assert "eventlog-help" not in root.get("/admin/auth/user/").content.decode()


# --- commands ---
def test_each_command_has_its_section() -> None:
    assert set(COMMANDS) == {name for name in all_commands() if name.startswith("eventlog_")}


def test_an_error_of_a_command_ends_with_it(db: None, event_log: Change) -> None:
    with pytest.raises(CommandError, match=r"No hold 7 is in force\. More: docs/retention\.md#legal-holds$"):
        call_command("eventlog_hold", "lift", "7", "--reason", "over")


def test_the_help_of_a_command_ends_with_it() -> None:
    for name, command in all_commands().items():
        if name in COMMANDS:
            assert command.create_parser("manage.py", name).format_help().strip().endswith(f"More: {COMMANDS[name]}")
