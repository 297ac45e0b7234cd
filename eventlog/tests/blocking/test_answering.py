"""From failed sign-ins to the block of who has guessed, through the rules."""

from datetime import timedelta

import orjson
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog.alerts import opening
from eventlog.blocking import answering, blocks
from eventlog.detection import findings, judging
from eventlog.detection.observations import of_record
from eventlog.logger import log_event
from eventlog.models import Block
from eventlog.pipeline.outbox import events_alias
from eventlog.record import EventRecord
from eventlog.tests.blocking.conftest import HERE
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db


def fail(times: int, address: str = HERE, *, ago: float = 0, **columns: str) -> list[EventRecord]:
    """That many failures at Ani's account, one a second, the last of them so many seconds ago."""
    now = timezone.now() - timedelta(seconds=ago)
    moments = [now - timedelta(seconds=times - number) for number in range(times)]
    given = {"username": "guru.ani", "ip_address": address, **columns}
    return [log_event("LOGIN_FAILED", timestamp=moment, **given) for moment in moments]


def looked_at(records: list[EventRecord]) -> None:
    answering.answer(judging.judge([of_record(orjson.loads(each.to_json())) for each in records], events_alias()))


def blocked() -> set[tuple[str, str | None]]:
    return set(Block.objects.in_force().values_list("username", "address"))


def test_who_guesses_is_blocked_at_that_account(ani: User) -> None:
    looked_at(fail(6))
    assert blocked() == {("guru.ani", HERE)}


def test_who_mistypes_is_not(ani: User) -> None:
    looked_at(fail(4))
    assert not blocked()


def test_an_address_whose_failures_are_long_ago_is_not(ani: User) -> None:
    early = fail(6, "198.51.100.9", ago=3600)
    looked_at([*early, *fail(6)])
    assert blocked() == {("guru.ani", HERE)}


def test_an_account_at_which_many_addresses_guess_is_blocked_wherever_it_is_new(ani: User) -> None:
    looked_at([each for number in range(12) for each in fail(1, f"203.0.113.{number}")])
    assert ("guru.ani", None) in blocked()


def test_what_was_refused_already_is_no_further_guess(ani: User) -> None:
    looked_at(fail(6, error_code="BLOCKED"))
    assert not blocked()


def test_nobody_is_blocked_where_the_site_does_not_want_it(ani: User, event_log: Change) -> None:
    event_log(BLOCK_AFTER_BRUTE_FORCE=False)
    looked_at(fail(6))
    assert not Block.objects.exists()


def test_a_lifted_block_stays_lifted_though_its_finding_is_found_again(ani: User) -> None:
    seen = fail(6)
    looked_at(seen)
    blocks.lift(Block.objects.get())
    looked_at(seen)
    assert not blocked()


@pytest.mark.parametrize(("more", "expected"), [(1, set()), (5, {("guru.ani", HERE)})])
def test_after_a_block_was_lifted_guessing_counts_from_nothing(
    ani: User, more: int, expected: set[tuple[str, str | None]]
) -> None:
    seen = fail(6, ago=60)
    looked_at(seen)
    blocks.lift(Block.objects.get())
    Block.objects.update(lifted_at=timezone.now() - timedelta(seconds=30))
    looked_at(fail(more))
    assert blocked() == expected


def test_both_are_done_with_what_is_found() -> None:
    assert [opening.receive, answering.answer] == findings._receivers
