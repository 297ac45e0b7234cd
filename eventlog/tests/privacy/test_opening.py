"""What is encrypted is shown to those who may read it, where they ask for it, and that is an event."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from eventlog import as_of, bound
from eventlog.export.formats import FORMATS
from eventlog.forwarding.parcels import packed
from eventlog.logger import log_event
from eventlog.models import Event, OutboxEvent, SubjectKey
from eventlog.privacy.encryption import destroy
from eventlog.privacy.envelopes import Subject
from eventlog.privacy.opening import WORDS
from eventlog.registry import audited, registry
from eventlog.tests.admin.pages import LIST, page_of, reader_with, shown
from eventlog.tests.altering import forget
from eventlog.tests.api.test_events import api_with
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import NEW, OLD, PLAIN, VALUES, sensitive, stored
from eventlog.tests.zoo.models import Keeper

pytestmark = pytest.mark.django_db
SIWI = Subject("penghasilan", "3")
MAY = ("view_event", "view_sensitive")


@pytest.fixture(autouse=True)
def encrypting(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[NEW])


@pytest.fixture
def event() -> Event:
    change = {"action": "UPDATE", "changed_fields": ["gaji_ayah"], "previous_values": {"gaji_ayah": 1}}
    return stored(sensitive(**change))[0]


def views() -> list[Event]:
    return list(Event.objects.filter(event_type="EVENTS_VIEWED"))


# --- the console ---
def test_an_event_is_opened_for_who_may_read_it_and_told(event: Event) -> None:
    page = shown(reader_with(*MAY), page_of(event))
    assert PLAIN in page and "nonce" not in page
    (view,) = views()
    assert view.event_data == {"filter": {}, "security_events": 0, "event": str(event.id), "sensitive_events": 1}
    assert (view.entity_type, view.entity_id, view.is_sensitive) == ("penghasilan", "3", False)


def test_others_see_in_words_that_there_is_something(event: Event) -> None:
    page = shown(reader_with("view_event"), page_of(event))
    assert PLAIN not in page and "nonce" not in page and str(WORDS["hidden"]) in page
    assert "gaji_ayah" in page and not views()


@pytest.mark.parametrize("column", ["request_body", "event_data", "new_values", "previous_values"])
def test_each_column_is_told_in_words(column: str) -> None:
    (event,) = stored(sensitive(**{"new_values": None, column: VALUES}))
    assert shown(reader_with("view_event"), page_of(event)).count(str(WORDS["hidden"])) == 1


def test_what_was_erased_is_told_as_such_to_everybody_who_may_read(event: Event) -> None:
    destroy(SIWI)
    assert str(WORDS["erased"]) in shown(reader_with(*MAY), page_of(event)) and not views()


def test_a_missing_key_and_an_altered_one_are_told_in_words(event_log: Change, event: Event) -> None:
    client = reader_with(*MAY)
    event_log(ENCRYPTION_KEYS=[OLD])
    assert str(WORDS["key missing"]) in shown(client, page_of(event))
    event_log(ENCRYPTION_KEYS=[NEW])
    SubjectKey.objects.update(entity_id="4")
    assert str(WORDS["damaged"]) in shown(client, page_of(event))


def test_lists_and_timelines_show_no_value_to_anybody(event: Event) -> None:
    client = reader_with(*MAY)
    for path in (LIST, f"{LIST}object/?type=penghasilan&id=3"):
        page = shown(client, path)
        assert "gaji_ayah" in page and PLAIN not in page and "nonce" not in page
    assert not views()


def test_what_outsiders_send_is_taken_for_no_envelope() -> None:
    spoofed = {"encrypted": {"v": 1, "key": "x"}, "payload": "visible"}
    page = shown(reader_with("view_event"), page_of(log_event("MAINTENANCE", event_data=spoofed)))
    assert "visible" in page and str(WORDS["hidden"]) not in page


def test_what_was_stored_in_plain_and_looks_encrypted_is_shown_as_it_is(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[])
    (event,) = stored(sensitive(new_values={"encrypted": {"by": "the bank"}, "payload": "visible"}))
    page = shown(reader_with("view_event"), page_of(event))
    assert "visible" in page and "the bank" in page and str(WORDS["hidden"]) not in page


def test_who_may_not_read_cannot_look_at_how_a_sensitive_record_was(keeper: Keeper) -> None:
    path = f"{LIST}object/?type=keeper&id=k&as_of={timezone.localdate()}"
    assert "eventlog-snapshot" not in shown(reader_with("view_event"), path) and not views()


def test_who_may_read_can_and_that_is_told(keeper: Keeper) -> None:
    path = f"{LIST}object/?type=keeper&id=k&as_of={timezone.localdate()}"
    assert "Kimberly" in shown(reader_with(*MAY), path)
    (view,) = views()
    assert (view.entity_type, view.entity_id) == ("keeper", "k") and view.event_data["snapshot"]


def test_nobody_looks_there_through_an_event_that_was_made_sensitive_by_hand() -> None:
    made = Keeper.objects.create(code="k", name="Kim")
    with bound(is_sensitive=True):
        Keeper.objects.filter(pk="k").update(name="Kimberly")
    created = Event.objects.get(event_type="KEEPER_CREATE").timestamp
    assert (as_of(made, created).values or {})["name"] == "Kim"
    assert not as_of(made, created, may_read=False).is_known


def test_nor_through_one_that_waits_in_the_outbox(direct: Callable[[], None]) -> None:
    made = Keeper.objects.create(code="k", name="Kim")
    direct()
    with transaction.atomic(), bound(is_sensitive=True):
        Keeper.objects.filter(pk="k").update(name="Kimberly")
    assert OutboxEvent.objects.exists()
    created = Event.objects.get(event_type="KEEPER_CREATE").timestamp
    assert as_of(made, created).is_known and not as_of(made, created, may_read=False).is_known


# --- programs ---
def test_the_api_opens_one_event_for_who_may_read_it(event: Event) -> None:
    answer = api_with(*MAY).get(f"/api/events/{event.id}").json()
    assert answer["new_values"] == VALUES and len(views()) == 1


def test_the_api_says_of_others_that_it_is_hidden(event: Event) -> None:
    answer = api_with("view_event").get(f"/api/events/{event.id}").json()
    assert answer["new_values"] == {"encrypted": "hidden"} and not views()


@pytest.mark.parametrize("path", ["{}", "", "export", "recent"])
def test_no_browser_and_no_proxy_keeps_what_the_api_answers(event: Event, path: str) -> None:
    answer = api_with(*MAY).get(f"/api/events/{path.format(event.id)}".rstrip("/"))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["", "/recent", "/recent?after=start", "/user-activity/7"])
def test_the_apis_lists_open_nothing(path: str) -> None:
    stored(sensitive(user_id=7))
    answer = api_with(*MAY).get(f"/api/events{path}").content.decode()
    assert PLAIN not in answer and "nonce" not in answer and not views()


def test_the_proof_is_over_what_is_stored(event: Event) -> None:
    answer = api_with("view_event").get(f"/api/events/{event.id}/proof").content.decode()
    assert PLAIN not in answer and "nonce" in answer


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_opens_nothing_for_others(event: Event, name: str) -> None:
    made = api_with("view_event").get(f"/api/events/export?format={name}").getvalue().decode()
    assert "penghasilan" in made.lower() and PLAIN not in made and "nonce" not in made


def test_an_export_of_sensitive_values_is_told(event: Event) -> None:
    client = api_with(*MAY)
    forget()
    stored(sensitive())
    (line,) = client.get("/api/events/export?format=ndjson&q=type:PENGHASILAN_UPDATE").getvalue().splitlines()
    assert orjson.loads(line)["new_values"] == VALUES
    (view,) = views()
    assert view.event_data["sensitive_events"] == 1


@pytest.mark.parametrize(("options", "is_open"), [([], False), (["--decrypt"], True)])
def test_the_command_opens_where_it_is_asked_to(event: Event, options: list[str], is_open: bool) -> None:
    out = StringIO()
    call_command("eventlog_export", "--format", "ndjson", *options, stdout=out, stderr=StringIO())
    assert (PLAIN in out.getvalue(), len(views())) == (is_open, int(is_open))


def test_the_terminal_and_other_systems_get_nothing_of_it(event: Event) -> None:
    out = StringIO()
    call_command("eventlog_tail", "--json", stdout=out)
    (parcel,) = packed([event], FORMATS["ndjson"])
    for line in (out.getvalue(), parcel.line):
        assert json.loads(line)["new_values"] == {"encrypted": "hidden"}


# --- the past ---
@pytest.fixture
def keeper(sensitive_keepers: None) -> Keeper:
    made = Keeper.objects.create(code="k", name="Kim")
    Keeper.objects.filter(pk="k").update(name="Kimberly")
    return Keeper.objects.get(pk=made.pk)


@pytest.fixture
def sensitive_keepers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(registry, "chosen", dict(registry.chosen))
    audited(Keeper, name="keeper", sensitive=True)
    yield
    monkeypatch.undo()
    registry.forget()


def test_the_past_is_read_through_what_is_encrypted(keeper: Keeper) -> None:
    created, changed = Event.objects.filter(entity_type="keeper").order_by("timestamp", "id")
    assert "encrypted" in created.new_values and "encrypted" in changed.previous_values
    assert (as_of(keeper, created.timestamp).values or {})["name"] == "Kim"


def test_what_was_erased_is_not_known(keeper: Keeper, direct: Callable[[], None]) -> None:
    created, changed = Event.objects.filter(entity_type="keeper").order_by("timestamp", "id")
    key = changed.previous_values["encrypted"]["key"]
    SubjectKey.objects.filter(pk=key).update(wrapped=None, destroyed_at=timezone.now())
    assert not as_of(keeper, created.timestamp).is_known
