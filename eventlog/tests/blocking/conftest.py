"""A site that blocks, and people at whose accounts somebody guesses."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog.models import Block
from eventlog.tests.conftest import Change

PASSWORD = "correct horse battery"
HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def blocking(event_log: Change) -> None:
    event_log(BLOCK_AFTER_BRUTE_FORCE=True)


@pytest.fixture
def ani(db: None) -> User:
    return User.objects.create_user("guru.ani", password=PASSWORD, is_staff=True)


@pytest.fixture
def block(ani: User) -> Block:
    """Of Ani's account, from HERE, for another quarter of an hour."""
    now = timezone.now()
    return Block.objects.create(
        username="guru.ani", address=HERE, reason="brute_force", since=now, until=now + timedelta(minutes=15)
    )
