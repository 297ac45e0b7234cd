"""The history of a record, and how it looked at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from edupro.school.models import Siswa
from eventlog import as_of, history
from eventlog.models import Event
from eventlog.tests.zoo.mechanisms import by_triggers, raw, settle
from eventlog.tests.zoo.models import Animal, Keeper, Parrot, Tag

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def types(record: Any) -> list[str]:
    return [event.event_type for event in history(record)]


# --- history ---
def test_a_record_has_its_own_events_newest_first() -> None:
    kim, _ = Keeper.objects.create(code="k", name="Kim"), Keeper.objects.create(code="l", name="Lee")
    kim.name = "Kimberly"
    kim.save()
    assert types(kim) == ["KEEPER_UPDATE", "KEEPER_CREATE"]


def test_a_record_has_the_events_of_many_that_name_it() -> None:
    kim, lee = Keeper.objects.create(code="k", name="Kim"), Keeper.objects.create(code="l", name="Lee")
    Keeper.objects.filter(code="k").update(name="x")
    assert types(kim)[0] == "KEEPER_BULK_UPDATE" and types(lee) == ["KEEPER_CREATE"]


def test_a_record_that_is_gone_has_a_history_by_its_key() -> None:
    Keeper.objects.create(code="k", name="Kim").delete()
    assert types((Keeper, "k")) == ["KEEPER_DELETE", "KEEPER_CREATE"]


def test_a_parent_has_what_was_told_of_the_child() -> None:
    polly = Parrot.objects.create(name="Polly")
    assert types(Animal.objects.get(pk=polly.pk)) == ["PARROT_CREATE"]


def test_history_asks_the_database_once(django_assert_num_queries: Any) -> None:
    kim = Keeper.objects.create(code="k", name="Kim")
    with django_assert_num_queries(1):
        list(history(kim))


# --- as of ---
def test_a_record_as_it_was() -> None:
    leo = Animal.objects.create(name="Leo", legs=4)
    then = now()
    Animal.objects.update(legs=3)
    leo.name = "Leon"
    leo.save()
    values = as_of(leo, then).values
    assert values is not None and (values["name"], values["legs"]) == ("Leo", 4)


def test_before_its_creation_a_record_was_not_there() -> None:
    before = now()
    found = as_of(Keeper.objects.create(code="k", name="Kim"), before)
    assert (found.values, found.is_known, found.known_from) == (None, True, None)


def test_a_record_that_is_gone_is_found_as_it_was() -> None:
    kim = Keeper.objects.create(code="k", name="Kim")
    then = now()
    kim.delete()
    assert as_of((Keeper, "k"), then).values == {"code": "k", "name": "Kim"}
    assert as_of((Keeper, "k"), now()).values is None


def test_the_members_of_a_relation_as_they_were() -> None:
    leo, big = Animal.objects.create(name="Leo"), Tag.objects.create(word="big")
    leo.tags.add(big)
    then = now()
    leo.tags.clear()
    values = as_of(leo, then).values
    assert values is not None and values["tags"] == [big.pk]


def test_what_is_masked_stays_masked() -> None:
    leo = Animal.objects.create(name="Leo", password="open sesame")
    then = now()
    leo.password = "closed"
    leo.save()
    for when in (then, now()):
        values = as_of(leo, when).values
        assert values is not None and values["password"] == "[redacted]"


def test_what_still_waits_in_the_outbox_counts(direct: Callable[[], None]) -> None:
    kim = Keeper.objects.create(code="k", name="Kim")
    then = now()
    with transaction.atomic():
        kim.name = "Kimberly"
        kim.save()
        assert as_of(kim, then).values == {"code": "k", "name": "Kim"}


def test_what_a_trigger_has_just_seen_counts(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Keeper"):
        kim = Keeper.objects.create(code="k", name="Kim")
        then = now()
        raw("UPDATE zoo_keeper SET name = 'past Django'")
        assert as_of(kim, then).values == {"code": "k", "name": "Kim"}


def test_the_log_knows_nothing_of_the_time_before_it_began() -> None:
    Keeper.objects.create(code="first", name="First")
    kim = Keeper(code="k", name="Kim")
    raw("INSERT INTO zoo_keeper (code, name) VALUES ('k', 'Kim')")
    found = as_of(kim, now() - timedelta(days=1))
    assert not found.is_known and found.values is None and found.known_from == Event.objects.begins_at()


def test_an_event_that_does_not_name_all_its_records_ends_what_is_known() -> None:
    kim = Keeper.objects.create(code="k", name="Kim")
    then = now()
    Keeper.objects.bulk_create(
        [Keeper(code="k", name="x")], update_conflicts=True, update_fields=["name"], unique_fields=["code"]
    )
    found = as_of(kim, then)
    assert not found.is_known and found.known_from is not None and found.known_from > then


def test_a_truncated_table_is_not_known_before(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Tag"):
        Tag.objects.create(word="a")
        settle()
        then = now()
        raw("TRUNCATE zoo_tag CASCADE")
        assert not as_of((Tag, 1), then).is_known


def test_a_value_that_was_cut_is_not_known(direct: Callable[[], None]) -> None:
    siswa = Siswa.objects.create(nis="1", nama="Ada", kelas="X", alamat="x" * 70_000)
    direct()
    then = now()
    siswa.alamat = "short"
    siswa.save()
    direct()
    assert not as_of(siswa, then).is_known


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        as_of((Keeper, "k"), datetime(2026, 1, 1))


def test_a_model_that_is_not_audited_is_refused() -> None:
    with pytest.raises(ValueError, match="not audited"):
        as_of((ContentType, 1), now())
