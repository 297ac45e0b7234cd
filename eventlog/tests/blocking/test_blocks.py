"""The pairs that are refused: put there once, for a while, and lifted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from eventlog.blocking import blocks
from eventlog.blocking.blocks import Pair
from eventlog.logger import log_event
from eventlog.models import Block, Event
from eventlog.tests.blocking.conftest import HERE
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
TheEvent = Callable[[str], Event]
ELSEWHERE = "198.51.100.9"


def put(address: str | None = HERE, name: str = "guru.ani", **more: Any) -> Block | None:
    return blocks.place(Pair(name, address), reason="brute_force", **more)


def test_a_pair_is_refused_for_as_long_as_the_setting_says(ani: User, event_log: Change) -> None:
    event_log(BLOCK_MINUTES=30)
    block = put()
    assert block is not None and block.until - block.since == timedelta(minutes=30)
    assert blocks.against(HERE, "guru.ani") == block


@pytest.mark.parametrize("name", ["GURU.ANI", " guru.ani", "ｇuru.ani"])
def test_another_way_to_write_the_name_is_the_same_account(ani: User, name: str) -> None:
    put()
    assert blocks.against(HERE, name) is not None


def test_others_behind_the_same_address_sign_in_as_ever(ani: User) -> None:
    put()
    assert blocks.against(HERE, "guru.budi") is None


def test_the_same_account_signs_in_from_elsewhere(ani: User) -> None:
    put()
    assert blocks.against(ELSEWHERE, "guru.ani") is None


def test_a_block_ends_by_itself(block: Block) -> None:
    Block.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert blocks.against(HERE, "guru.ani") is None


def test_the_block_of_a_pair_is_an_event(ani: User, the_event: TheEvent) -> None:
    put()
    event = the_event("IP_BLOCKED")
    assert (event.reason, event.event_data["address"], event.event_data["username"]) == (
        "brute_force",
        HERE,
        "guru.ani",
    )


def test_what_is_found_twice_blocks_once(ani: User, the_event: TheEvent) -> None:
    at = timezone.now() - timedelta(seconds=5)
    assert put(at=at) is not None and put(at=at) is None
    assert the_event("IP_BLOCKED") and Block.objects.get().times == 1


def test_a_block_lasts_as_long_as_was_said(ani: User) -> None:
    put(at=timezone.now() - timedelta(minutes=5))
    assert put() is None and Block.objects.get().times == 1


def test_who_begins_again_is_blocked_again(ani: User) -> None:
    put()
    Block.objects.update(until=timezone.now() - timedelta(seconds=1))
    later = put()
    assert later is not None and later.times == 2 and Block.objects.count() == 1


def test_what_was_found_long_ago_blocks_nobody(ani: User) -> None:
    assert put(at=timezone.now() - timedelta(hours=1)) is None and not Block.objects.exists()


# --- the account as a whole ---
def test_an_account_is_refused_wherever_it_is_new(ani: User, the_event: TheEvent) -> None:
    put(address=None)
    assert blocks.against(ELSEWHERE, "guru.ani") is not None
    assert the_event("ACCOUNT_LOCK").event_data["username"] == "guru.ani"


@pytest.mark.parametrize("way", ["LOGIN", "TOKEN_ISSUED"])
def test_an_account_is_not_refused_where_it_has_signed_in_before(ani: User, way: str) -> None:
    log_event(way, username="guru.ani", ip_address=ELSEWHERE)
    put(address=None)
    assert blocks.against(ELSEWHERE, "guru.ani") is None


def test_the_address_that_guesses_is_refused_even_if_the_account_is_used_to_it(ani: User) -> None:
    log_event("LOGIN", username="guru.ani", ip_address=HERE)
    put(address=None)
    put()
    assert blocks.against(HERE, "guru.ani") is not None


# --- who is never kept out ---
@pytest.mark.parametrize(("network", "kept_out"), [("203.0.113.0/24", False), ("10.0.0.0/8", True)])
def test_a_superuser_gets_in_from_a_safe_network(event_log: Change, db: None, network: str, kept_out: bool) -> None:
    User.objects.create_superuser("boss")
    event_log(SAFE_NETWORKS=[network])
    put(name="boss", address=None)
    assert (blocks.against(HERE, "boss") is not None) == kept_out
    assert (put(name="boss") is not None) == kept_out


@pytest.mark.parametrize("name", ["guru\0ani", "guru\ud800ani"])
def test_a_name_that_the_database_cannot_hold_is_nobodys(ani: User, name: str) -> None:
    assert blocks.against(HERE, name) is None


def test_without_a_database_nobody_is_refused(block: Block) -> None:
    with patch("eventlog.models.block.BlockQuerySet.against", side_effect=OperationalError):
        assert blocks.against(HERE, "guru.ani") is None


# --- lifted ---
def test_a_lifted_block_refuses_nobody_and_is_an_event(block: Block, the_event: TheEvent) -> None:
    assert blocks.lift(block)
    assert blocks.against(HERE, "guru.ani") is None and the_event("IP_UNBLOCKED").entity_id == str(block.pk)


def test_a_block_is_lifted_once(block: Block, the_event: TheEvent) -> None:
    assert [blocks.lift(block), blocks.lift(block)] == [True, False]
    assert the_event("IP_UNBLOCKED")


def test_a_lifted_account_is_an_unlocked_one(ani: User, the_event: TheEvent) -> None:
    block = put(address=None)
    assert block is not None and blocks.lift(block) and the_event("ACCOUNT_UNLOCK")


def test_what_was_found_before_a_block_was_lifted_does_not_bring_it_back(ani: User) -> None:
    at = timezone.now() - timedelta(seconds=5)
    block = put(at=at)
    assert block is not None and blocks.lift(block)
    assert put(at=at + timedelta(seconds=1)) is None
