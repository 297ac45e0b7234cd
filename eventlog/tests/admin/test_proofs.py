"""The proof on an event's page."""

import pytest
from django.test import Client

from eventlog.models import Event
from eventlog.tests.admin.pages import page_of, reader_with, shown
from eventlog.tests.altering import altering
from eventlog.tests.integrity.conftest import event, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> Client:
    return reader_with("view_event")


@pytest.fixture
def stored() -> Event:
    batch = write(event(username="ani"))
    return Event.objects.get(batch_id=batch.pk)


def test_what_is_as_it_was_stored_says_so(auditor: Client, stored: Event) -> None:
    page = shown(auditor, page_of(stored))
    assert "This event is exactly as it was stored." in page and f"in batch {stored.batch_id}." in page


def test_the_proof_can_be_taken_along(auditor: Client, stored: Event) -> None:
    assert f'href="/api/events/{stored.pk}/proof" download="event-{stored.pk}.json"' in shown(auditor, page_of(stored))
    assert auditor.get(f"/api/events/{stored.pk}/proof").json()["id"] == str(stored.pk)


def test_what_was_altered_says_so_and_what_to_do(auditor: Client, stored: Event) -> None:
    with altering():
        Event.objects.filter(id=stored.id).update(username="another")
    page = shown(auditor, page_of(stored))
    assert "was changed later." in page and "Change nothing, keep the database as it is" in page


def test_an_event_of_before_there_were_proofs_accuses_nobody(auditor: Client, stored: Event) -> None:
    with altering():
        Event.objects.filter(id=stored.id).update(digest=None, batch_id=None)
    page = shown(auditor, page_of(stored))
    assert "whether it was changed cannot be told" in page and "Change nothing" not in page
