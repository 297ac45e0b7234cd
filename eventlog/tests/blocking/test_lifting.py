"""Blocks are listed and lifted in the console and by command."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from eventlog.models import Block

pytestmark = pytest.mark.django_db
LIST = "/admin/eventlog/block/"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


def lift(client: Client, block: Block) -> str:
    data = {"action": "lift_selected", "_selected_action": [block.pk]}
    return client.post(LIST, data, follow=True).content.decode()


def test_the_console_lists_them(boss: Client, block: Block) -> None:
    page = boss.get(LIST).content.decode()
    assert "guru.ani" in page and "203.0.113.7" in page


def test_the_console_lifts_them(boss: Client, block: Block) -> None:
    assert "1 block is lifted." in lift(boss, block)
    assert not Block.objects.in_force().exists()


def test_what_is_lifted_already_is_said_to_be_none(boss: Client, block: Block) -> None:
    lift(boss, block)
    assert "0 blocks are lifted." in lift(boss, block)


@pytest.mark.parametrize("page", [f"{LIST}add/", f"{LIST}1/delete/"])
def test_nobody_adds_or_removes_one_by_hand(boss: Client, page: str) -> None:
    assert boss.get(page).status_code in (302, 403)


def test_the_command_lists_them(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("eventlog_blocks", "--json")
    said = json.loads(capsys.readouterr().out)
    assert [each["username"] for each in said["blocks"]] == ["guru.ani"] and said["lifted"] == 0


@pytest.mark.parametrize(
    ("chosen", "lifted"),
    [({}, 1), ({"account": "Guru.Ani"}, 1), ({"account": "guru.budi"}, 0), ({"address": "::1"}, 0)],
)
def test_the_command_lifts_those_that_are_meant(block: Block, chosen: dict[str, str], lifted: int) -> None:
    call_command("eventlog_blocks", lift=True, **chosen)
    assert Block.objects.in_force().count() == 1 - lifted


def test_the_command_says_where_there_is_none(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("eventlog_blocks")
    assert capsys.readouterr().out.strip() == "Nobody is blocked."
