"""The other tables: all that can hold a name is known, and is erased."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from eventlog.models import (
    Alert,
    Block,
    DeadLetter,
    Event,
    EventFinding,
    EventMute,
    EventNotification,
    SavedView,
    UserDay,
)
from eventlog.subjects.tables import NAMELESS, PLACES
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import ADDRESS, MAIL, NAME, NUMBER, USER, USERNAME, dumped, traces
from eventlog.tests.subjects.test_erase import erase

pytestmark = pytest.mark.django_db(transaction=True)
HOLDING = (models.CharField, models.TextField, models.JSONField)


def test_each_column_that_can_hold_a_name_is_known() -> None:
    known = {place.model.__name__: {*place.columns, *NAMELESS.get(place.model.__name__, ())} for place in PLACES}
    known = {**{name: set(columns) for name, columns in NAMELESS.items()}, **known}
    for model in apps.get_app_config("eventlog").get_models():
        if not issubclass(model, Event) and not model._meta.proxy:
            columns = {each.name for each in model._meta.local_concrete_fields if isinstance(each, HOLDING)}
            assert columns == known.get(model.__name__, set()), model.__name__


def alert(**columns: object) -> Alert:
    now = timezone.now()
    seen = {"first_seen": now, "last_seen": now, "severity": "high", "event_type": "BRUTE_FORCE"}
    return Alert.objects.create(**{"rule": "brute_force", "target": f"user:{USERNAME}", **seen, **columns})


@pytest.fixture
def named() -> Alert:
    """In every table that can name her."""
    User.objects.create_user("boss", pk=1)
    User.objects.create_user(USERNAME, MAIL, pk=USER, first_name="Ayu", last_name="Lestari")
    scene.stored()
    now = timezone.now()
    first = alert(
        data={"accounts": [USERNAME, "bima"], "addresses": [ADDRESS]}, notes=[{"username": "boss", "text": NAME}]
    )
    alert(target=f"account:{USER}", assignee_id=USER, assignee_name=USERNAME, reason=f"was {MAIL}")
    alert(target=f"ip:{ADDRESS}")
    times = {"first_seen": now, "last_seen": now, "event_count": 1, "severity": "high", "event_type": "BRUTE_FORCE"}
    EventFinding.objects.create(id=uuid4(), alert=first, rule="r", target=f"user:{USERNAME}", data={"n": NAME}, **times)
    said = {"alert": first, "kind": "opened", "severity": "high", "due_at": now}
    EventNotification.objects.create(channel=f"mail:{MAIL}", last_error=f"no such user: {MAIL}", **said)
    EventMute.objects.create(rule="r", target=f"user:{USERNAME}", reason=NAME, user_id=USER, username=USERNAME)
    Block.objects.create(username=USERNAME, address=ADDRESS, since=now, until=now + timedelta(hours=1))
    SavedView.objects.create(owner_id=USER, name="mine", address="?q=x")
    SavedView.objects.create(owner_id=1, name=NAME, address=f"?q=user:{USERNAME}")
    odd = {"batch_id": uuid4(), "reason": f'invalid input: "{NAME}"'}
    DeadLetter.objects.create(record=scene.own(None)[0].decode(), **odd)
    DeadLetter.objects.create(record=f"not JSON {NUMBER}", **odd)
    return first


def test_all_of_them_are_erased_and_the_rest_stays(named: Alert) -> None:
    counted = sum(UserDay.objects.values_list("event_count", flat=True))
    erase("--entity", "siswa", scene.RECORD)
    erase("--user", USERNAME)
    assert traces(dumped()) == set()
    named.refresh_from_db()
    assert named.data["accounts"] == ["[erased]", "bima"] and named.target.startswith("user:[erased ")
    assert not Alert.objects.filter(assignee_id=USER).exists() and Alert.objects.count() == 3
    assert EventNotification.objects.get().state == "withdrawn"
    assert not Block.objects.exists() and SavedView.objects.get().owner_id == 1
    assert not UserDay.objects.filter(user_id=USER).exists()
    assert sum(UserDay.objects.values_list("event_count", flat=True)) >= counted
