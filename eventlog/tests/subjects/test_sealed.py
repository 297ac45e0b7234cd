"""What is encrypted is looked into: the person is struck from the values of others, and given his own."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from eventlog.models import DeadLetter, Event, SubjectKey
from eventlog.pipeline import store
from eventlog.privacy.opening import open_event
from eventlog.tests.conftest import Change
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import checkpoint, id_of, write
from eventlog.tests.privacy.keys import NEW, OLD
from eventlog.tests.retention.archives import archived, remove_all, restored, verified
from eventlog.tests.subjects.scene import made
from eventlog.tests.subjects.test_erase import erase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]
NAME, FORMER = "Ayu Lestari", "Ayu Kusuma"


@pytest.fixture(autouse=True)
def encrypting(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[NEW])


def of(kind: str, key: str, days_ago: int | None = None, **columns: Any) -> bytes:
    about = {"entity_type": kind, "entity_id": key, "is_sensitive": True}
    return made(f"{kind.upper()}_UPDATE", days_ago, **{**about, **columns})


def stored(*records: bytes) -> list[Event]:
    write(*records)
    wait_for_others()
    return [Event.objects.get(pk=id_of(record)) for record in records]


def opened(event: Event) -> Event:
    found = Event.objects.get(pk=event.pk)
    open_event(found, may_read=True)
    return found


def test_a_name_in_the_encrypted_values_of_another_is_struck_and_the_rest_is_not() -> None:
    _his, other = stored(
        of("siswa", "1", entity_name=NAME), of("penghasilan", "9", new_values={"gaji": 5, "wali": NAME}, reason="May")
    )
    erase("--entity", "siswa", "1")
    left = opened(other)
    assert left.new_values == {"gaji": 5, "wali": "[erased]"} and left.reason == "May"
    assert Event.objects.get(pk=other.pk).new_values.keys() == {"encrypted"}
    checkpoint()
    assert verified().findings == ()


def test_what_does_not_name_him_stays_as_it_is_byte_by_byte() -> None:
    _his, other = stored(
        of("siswa", "1", entity_name=NAME), of("penghasilan", "9", new_values={"gaji": 5}, reason=f"as {NAME} said")
    )
    erase("--entity", "siswa", "1")
    left = Event.objects.get(pk=other.pk)
    assert (left.new_values, left.reason) == (other.new_values, "as [erased] said")


def test_of_an_encrypted_change_of_many_records_his_own_values_go() -> None:
    data = {"keys": ["1", "2"], "count": 2, "complete": True, "assigned": {"kelas": "XI"}}
    values = {"kelas": {"1": "X", "2": "X"}}
    _his, many = stored(
        of("siswa", "1", entity_name=NAME), of("siswa", "", entity_id="", event_data=data, previous_values=values)
    )
    erase("--entity", "siswa", "1")
    left = opened(many)
    assert left.previous_values == {"kelas": {"2": "X"}} and left.event_data["keys"] == ["[erased]", "2"]
    assert Event.objects.get(pk=many.pk).event_data["keys"] == ["[erased]", "2"]


def test_names_and_belongings_that_only_encrypted_values_tell_are_known() -> None:
    _his, income, told = stored(
        of("siswa", "1", previous_values={"nama": FORMER}, new_values={"nama": NAME}),
        of("penghasilan", "7", new_values={"siswa_id": 1, "gaji_ayah": 5}),
        made("MAINTENANCE", None, reason=f"{FORMER} is {NAME}"),
    )
    erase("--entity", "siswa", "1")
    assert Event.objects.get(pk=told.pk).reason == "[erased] is [erased]"
    assert Event.objects.get(pk=income.pk).entity_id == ""
    assert not SubjectKey.objects.in_use().filter(entity_type="penghasilan", entity_id="7").exists()


def test_each_copy_of_an_event_is_left_alike(folder: Path) -> None:
    old = {"days_ago": 50}
    _his, other = stored(of("siswa", "1", entity_name=NAME, **old), of("penghasilan", "9", new_values=[NAME, 5], **old))
    archived()
    erase("--entity", "siswa", "1")
    left = Event.objects.get(pk=other.pk).new_values
    remove_all()
    restored()
    assert Event.objects.get(pk=other.pk).new_values == left and opened(other).new_values == ["[erased]", 5]


def test_an_event_that_was_refused_is_looked_into_too() -> None:
    stored(of("siswa", "1", entity_name=NAME))
    bad = {**orjson.loads(of("penghasilan", "9", new_values={"wali": NAME})), "response_status": 7}
    store.write(store.Batch([orjson.dumps(bad)]))
    before = orjson.loads(DeadLetter.objects.get().record)["new_values"]
    erase("--entity", "siswa", "1")
    after = orjson.loads(DeadLetter.objects.get().record)["new_values"]
    assert before != after and after.keys() == {"encrypted"}


def test_what_a_missing_key_hides_is_told(event_log: Change) -> None:
    _his, other = stored(of("siswa", "1", entity_name=NAME), of("penghasilan", "9", new_values={"wali": NAME}))
    event_log(ENCRYPTION_KEYS=[OLD])
    assert "Not looked at: what 1 keys have encrypted" in erase("--entity", "siswa", "1")
    assert Event.objects.get(event_type="SUBJECT_ERASED").event_data["keys_missing"] == 1
    assert Event.objects.get(pk=other.pk).new_values == other.new_values


def test_the_person_is_given_what_is_encrypted_for_him(given: Any) -> None:
    stored(of("siswa", "1", new_values={"nama": NAME, "alamat": "Jalan Kenanga 12"}))
    (line,), page = given("--entity", "siswa", "1")
    assert line["new_values"]["alamat"] == "Jalan Kenanga 12" and "Jalan Kenanga 12" in page and "nonce" not in page


def test_what_cannot_be_opened_is_told_as_such(given: Any) -> None:
    stored(of("siswa", "1", new_values={"nama": NAME}))
    SubjectKey.objects.update(wrapped=b"x" * 60)
    (line,), page = given("--entity", "siswa", "1")
    assert line["new_values"] == {"encrypted": "damaged"} and "nonce" not in page
