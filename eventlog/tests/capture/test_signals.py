"""Signals of the project that the settings call events."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest
from django.test import Client
from django.utils.functional import SimpleLazyObject

from edupro.school.models import NilaiRaport, Siswa
from eventlog import bound
from eventlog.capture import signals
from eventlog.models import Event
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
imported = Signal()
HERE = "eventlog.tests.capture.test_signals"


@pytest.fixture(autouse=True)
def recorded(event_log: Change) -> Iterator[None]:
    event_log(RECORDED_SIGNALS={f"{HERE}.imported": "IMPORT_DATA"})
    signals.connect()
    yield
    imported.receivers.clear()
    imported.sender_receivers_cache.clear()


@pytest.fixture
def sent(the_event: Find) -> Callable[..., Event]:
    def send(sender: Any = Siswa, **arguments: Any) -> Event:
        imported.send(sender=sender, **arguments)
        return the_event("IMPORT_DATA")

    return send


def test_a_signal_that_is_sent_is_an_event(sent: Find) -> None:
    event = sent(created=40, changed=2, mean=Decimal("1.50"), day=date(2026, 7, 1))
    assert event.event_data == {"created": 40, "changed": 2, "mean": "1.50", "day": "2026-07-01"}
    assert (event.event_category, event.entity_type, event.event_status) == ("FILE", "siswa", "SUCCESS")


def test_arguments_that_are_called_as_columns_are_columns(sent: Find) -> None:
    event = sent(entity_id=7, reason="new class", event_status="FAILED", severity="high", event_data={"a": 1}, b=2)
    assert (event.entity_id, event.reason, event.event_status, event.severity) == ("7", "new class", "FAILED", "high")
    assert event.event_data == {"a": 1, "b": 2}


def test_an_entity_that_is_given_counts_more_than_the_sender(sent: Find, siswa: Siswa) -> None:
    event = sent(siswa, entity_type="kelas")
    assert (event.entity_type, event.entity_id) == ("kelas", "")


def test_a_sender_that_is_a_record_is_what_it_is_about(sent: Find, siswa: Siswa) -> None:
    event = sent(siswa)
    assert (event.entity_type, event.entity_id, event.entity_name) == ("siswa", str(siswa.pk), str(siswa))


@pytest.mark.parametrize("sender", ["whoever", None, object()])
def test_another_sender_says_nothing(sent: Find, sender: Any) -> None:
    assert sent(sender).entity_type == ""


def test_what_has_no_value_takes_nothing_from_the_context(sent: Find) -> None:
    with bound(reason="nightly", actor="import"):
        event = sent(reason=None, username="")
    assert (event.reason, event.username) == ("nightly", "import")


def test_records_among_the_arguments_are_told_by_key_and_label(sent: Find, siswa: Siswa) -> None:
    told = {"entity_type": "siswa", "entity_id": str(siswa.pk), "entity_name": str(siswa)}
    event = sent(first=siswa, rows=[siswa], model=Siswa)
    assert event.event_data == {"first": told, "rows": [told], "model": "school.Siswa"}


def test_nothing_is_asked_of_the_database_for_it(siswa: Siswa, django_assert_num_queries: Any) -> None:
    marks = NilaiRaport.objects.defer("siswa").create(siswa=siswa, semester=1, tahun_ajaran="2025/2026")
    lazy = SimpleLazyObject(lambda: User.objects.get())
    with django_assert_num_queries(0):
        told = signals.columns_of(Siswa, {"marks": marks, "rows": Siswa.objects.all(), "user": lazy})
    assert list(told["event_data"]) == ["marks"]


def test_what_is_no_plain_value_is_left_out(sent: Find) -> None:
    assert sent(request=HttpRequest(), file=open, count=1, parts=[1, object()]).event_data == {"count": 1, "parts": [1]}


def test_hostile_arguments_raise_nothing_into_the_sender(
    direct: Callable[[], None], event_log: Change, the_event: Find
) -> None:
    class Hostile(dict[str, Any]):
        def items(self) -> Any:
            raise ZeroDivisionError

    event_log(RAISE_ERRORS=False)
    imported.send(sender=Siswa, rows=Hostile())
    direct()
    assert the_event("IMPORT_DATA").tags == ["incomplete"]


def test_what_is_nested_without_end_is_cut(sent: Find) -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert sent(endless=endless, long=list(range(500))).event_data == {"endless": [[[[]]]], "long": list(range(100))}


def test_secrets_in_it_are_masked(sent: Find) -> None:
    event = sent(password="hunter2hunter2", reason="token=hunter2hunter2")
    assert "hunter2" not in str(Event.objects.filter(pk=event.pk).values())


def test_it_says_in_which_request_it_was(client: Client, ada: User, the_event: Find, siswa: Siswa) -> None:
    from django.contrib.auth.signals import user_logged_in

    def forward(sender: Any, **kwargs: Any) -> None:
        imported.send(sender=Siswa)

    user_logged_in.connect(forward)
    client.post("/try/sign-in/", {"username": "ada"}, REMOTE_ADDR="203.0.113.9")
    user_logged_in.disconnect(forward)
    event = the_event("IMPORT_DATA")
    assert (event.endpoint, event.ip_address) == ("/try/sign-in/", "203.0.113.9")


def test_it_is_received_from_async_code_too(direct: Callable[[], None], the_event: Find) -> None:
    async_to_sync(imported.asend)(sender=Siswa, count=3)
    direct()
    assert the_event("IMPORT_DATA").event_data == {"count": 3}


def test_an_import_that_is_rolled_back_has_been_tried_all_the_same(direct: Callable[[], None], the_event: Find) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        imported.send(sender=Siswa, count=3)
        raise ZeroDivisionError
    direct()
    assert the_event("IMPORT_DATA").event_data == {"count": 3}


def test_connecting_twice_records_once(sent: Find) -> None:
    signals.connect()
    assert sent().event_type == "IMPORT_DATA"


def test_nothing_is_recorded_where_it_is_switched_off(event_log: Change) -> None:
    event_log(ENABLED=False)
    imported.send(sender=Siswa)
    assert not Event.objects.exists()


@pytest.mark.parametrize("path", ["nowhere.at.all", f"{HERE}.missing", f"{HERE}.HERE", "undotted", ""])
def test_a_path_that_leads_to_no_signal_stops_nothing(event_log: Change, path: str) -> None:
    event_log(RECORDED_SIGNALS={path: "IMPORT_DATA"})
    signals.connect()
    assert signals.signal_at(path) is None
