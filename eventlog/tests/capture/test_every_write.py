"""Every way in which a record can be changed, seen by signals and by triggers: what the events say is compared with
the tables before and after, read straight from PostgreSQL."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, migrations, transaction
from django.db.migrations.state import ProjectState
from django.db.models import F, Value
from django.db.models.functions import Concat, Upper
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from eventlog.models import Event
from eventlog.tests.altering import forget
from eventlog.tests.zoo.mechanisms import by_triggers, raw, settle
from eventlog.tests.zoo.models import (
    Animal,
    Bird,
    Club,
    Keeper,
    Membership,
    Note,
    Odd,
    Parrot,
    Seat,
    Tag,
    TameAnimal,
)
from eventlog.tests.zoo.tables import State, agree, between, told

pytestmark = pytest.mark.django_db
JAKARTA = timezone(timedelta(hours=7))
CASES: list[Any] = []


class Zoo:
    """What there is before each change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kim, self.lee = (Keeper.objects.create(code=name[:1], name=name) for name in ("Kim", "Lee"))
        self.big, self.old = (Tag.objects.create(word=word) for word in ("big", "old"))
        seen = datetime(2026, 1, 1, 12, tzinfo=UTC)
        self.leo = Animal.objects.create(
            name="Leo", keeper=self.kim, weight="190.50", seen=seen, born=date(2020, 1, 2), facts={"a": 1, "b": [2]}
        )
        self.mia = Animal.objects.create(name="Mia", mother=self.leo, image=b"\x00\x01", marks=[1, 2])
        self.leo.tags.add(self.big)
        self.polly = Parrot.objects.create(name="Polly", words=3)
        self.club = Club.objects.create(name="Big five")


def case(change: Callable[[Zoo], object]) -> Callable[[Zoo], object]:
    CASES.append(pytest.param(change, id=change.__name__))
    return change


@pytest.fixture(params=["signals", "triggers"])
def mechanism(request: pytest.FixtureRequest, event_log: Callable[..., None]) -> Iterator[str]:
    if request.param == "signals":
        yield "signals"
        return
    with by_triggers(event_log):
        yield "triggers"


@pytest.fixture
def zoo(mechanism: str, tmp_path: Path, settings: Settings) -> Zoo:
    settings.MEDIA_ROOT = tmp_path
    made = Zoo(tmp_path)
    settle()
    forget()
    return made


def changes() -> list[Event]:
    settle()
    return list(Event.objects.filter(event_category="CRUD").order_by("timestamp", "id"))


@pytest.mark.parametrize("change", CASES)
def test_what_is_told_is_what_has_happened(change: Callable[[Zoo], object], zoo: Zoo) -> None:
    before = State.now()
    change(zoo)
    agree(between(before, State.now()), told(changes()))


# --- saves ---
@case
def saved_again_without_a_change(zoo: Zoo) -> None:
    zoo.leo.save()


@case
def a_save_of_everything(zoo: Zoo) -> None:
    zoo.leo.name, zoo.leo.legs = "Leon", 3
    zoo.leo.save()


@case
def update_fields_by_name(zoo: Zoo) -> None:
    zoo.leo.keeper, zoo.leo.name = zoo.lee, "not saved"
    zoo.leo.save(update_fields=["keeper"])


@case
def update_fields_by_attname(zoo: Zoo) -> None:
    zoo.leo.keeper_id, zoo.leo.name = zoo.lee.pk, "not saved"
    zoo.leo.save(update_fields=["keeper_id"])


@case
def a_stale_instance(zoo: Zoo) -> None:
    Animal.objects.get(pk=zoo.leo.pk)
    Animal.objects.filter(pk=zoo.leo.pk).update(name="meanwhile")
    zoo.leo.legs = 5
    zoo.leo.save()


@case
def an_expression(zoo: Zoo) -> None:
    zoo.leo.legs, zoo.leo.name = F("legs") * 2, Upper("name")
    zoo.leo.save()


@case
def an_expression_in_a_creation(zoo: Zoo) -> None:
    Animal.objects.create(name=Concat(Value("a"), Value("b")))


@case
def an_instance_with_deferred_fields(zoo: Zoo) -> None:
    part = Animal.objects.defer("name", "facts").get(pk=zoo.leo.pk)
    part.legs = 9
    part.save()


@case
def an_instance_with_only_some_fields(zoo: Zoo) -> None:
    part = Animal.objects.only("legs").get(pk=zoo.leo.pk)
    part.legs = 9
    part.save()


@case
def a_preset_key_of_a_record_that_is_there(zoo: Zoo) -> None:
    Keeper(code="K", name="Kimberly").save()


@case
def a_preset_key_of_a_new_record(zoo: Zoo) -> None:
    Keeper(code="new", name="New").save()


@case
def a_copy(zoo: Zoo) -> None:
    zoo.leo.pk = None
    zoo.leo._state.adding = True
    zoo.leo.save()


@case
def a_key_that_was_changed_makes_another_record(zoo: Zoo) -> None:
    zoo.kim.code = "K2"
    zoo.kim.save()


@case
def a_foreign_key_by_its_column(zoo: Zoo) -> None:
    part = Animal.objects.get(pk=zoo.leo.pk)
    part.keeper_id = zoo.lee.pk
    part.save()


@case
def get_or_create_of_what_is_there(zoo: Zoo) -> None:
    Keeper.objects.get_or_create(code="K", defaults={"name": "other"})


@case
def update_or_create(zoo: Zoo) -> None:
    Keeper.objects.update_or_create(code="K", defaults={"name": "other"})
    Keeper.objects.update_or_create(code="N", defaults={"name": "new"})


@case
def refreshed_and_saved(zoo: Zoo) -> None:
    zoo.leo.name = "not saved"
    zoo.leo.refresh_from_db()
    zoo.leo.save()


@case
def saved_by_a_receiver_of_its_own_save(zoo: Zoo) -> None:
    def again(sender: Any, instance: Animal, **kwargs: Any) -> None:
        if instance.legs < 100:
            instance.legs = 100
            instance.save()

    post_save.connect(again, sender=Animal)
    try:
        zoo.leo.name = "Leon"
        zoo.leo.save()
        Animal.objects.create(name="New")
    finally:
        post_save.disconnect(again, sender=Animal)


# --- kinds of columns ---
@case
def the_same_number_written_otherwise(zoo: Zoo) -> None:
    zoo.leo.weight, zoo.leo.legs, zoo.leo.tame = "190.5", "4", 0
    zoo.leo.save()


@case
def decimals_and_floats(zoo: Zoo) -> None:
    zoo.leo.weight, zoo.leo.speed = Decimal("7"), 1.25
    zoo.leo.save()


@case
def the_same_moment_elsewhere(zoo: Zoo) -> None:
    zoo.leo.seen = datetime(2026, 1, 1, 19, tzinfo=JAKARTA)
    zoo.leo.save()


@case
def an_aware_time(zoo: Zoo) -> None:
    zoo.leo.seen = datetime(2026, 5, 1, 0, 30, 1, 5, tzinfo=JAKARTA)
    zoo.leo.save()


@case
def a_naive_time(zoo: Zoo) -> None:
    zoo.leo.seen = datetime(2026, 5, 1, 0, 30)
    with pytest.warns(RuntimeWarning, match="naive"):
        zoo.leo.save()


@case
def a_date_just_after_midnight(zoo: Zoo) -> None:
    zoo.leo.born = datetime(2026, 5, 1, 0, 30, tzinfo=JAKARTA)
    zoo.leo.save()


@case
def times_and_durations(zoo: Zoo) -> None:
    zoo.leo.fed, zoo.leo.asleep = "07:30:00", timedelta(days=1, hours=2, microseconds=5)
    zoo.leo.save()


@case
def json_in_another_order(zoo: Zoo) -> None:
    zoo.leo.facts = {"b": (2,), "a": 1}
    zoo.leo.save()


@case
def json_of_other_content(zoo: Zoo) -> None:
    zoo.leo.facts = {"a": {"deep": [1, 2.5, None, True, "ü"]}, 3: "key"}
    zoo.leo.save()


@case
def binary_data(zoo: Zoo) -> None:
    zoo.mia.image = b"\x00\x02"
    zoo.mia.save()


@case
def a_file(zoo: Zoo) -> None:
    zoo.leo.photo.save("leo.jpg", ContentFile(b"jpeg"))
    zoo.leo.photo.delete()


@case
def an_array(zoo: Zoo) -> None:
    zoo.mia.marks = ("3", 4, None)
    zoo.mia.save()


@case
def uuids_and_addresses(zoo: Zoo) -> None:
    zoo.leo.chip, zoo.leo.address = "12345678-1234-5678-1234-567812345678", "2001:DB8::1"
    zoo.leo.save()


@case
def a_secret(zoo: Zoo) -> None:
    zoo.leo.password, zoo.leo.legs = "sesame", 1
    zoo.leo.save()


@case
def a_key_made_by_default(zoo: Zoo) -> None:
    note = Note.objects.create(text="hello", about=zoo.leo)
    note.text = "bye"
    note.save()


@case
def a_composite_key(zoo: Zoo) -> None:
    seat = Seat.objects.create(row=1, place=2)
    seat.taken = True
    seat.save()
    Seat.objects.filter(row=1).update(taken=False)
    seat.delete()


# --- inheritance ---
@case
def a_child_is_created(zoo: Zoo) -> None:
    Parrot.objects.create(name="Rio", words=1, wings=3)


@case
def a_childs_own_column_is_changed(zoo: Zoo) -> None:
    zoo.polly.words = 9
    zoo.polly.save()


@case
def a_childs_inherited_column_is_changed(zoo: Zoo) -> None:
    zoo.polly.name = "Pol"
    zoo.polly.save()


@case
def columns_of_a_child_and_of_its_parents_are_changed(zoo: Zoo) -> None:
    zoo.polly.name, zoo.polly.wings, zoo.polly.words = "Pol", 1, 9
    zoo.polly.save()


@case
def a_child_is_deleted(zoo: Zoo) -> None:
    zoo.polly.delete()


@case
def a_child_is_deleted_as_its_parent(zoo: Zoo) -> None:
    Animal.objects.get(pk=zoo.polly.pk).delete()


@case
def children_are_deleted_together(zoo: Zoo) -> None:
    Parrot.objects.create(name="Rio")
    Bird.objects.all().delete()


@case
def a_proxy(zoo: Zoo) -> None:
    tame = TameAnimal.objects.create(name="Tame")
    tame.legs = 2
    tame.save()
    tame.delete()


# --- relations ---
@case
def members_are_added(zoo: Zoo) -> None:
    zoo.leo.tags.add(zoo.big, zoo.old)


@case
def members_are_removed(zoo: Zoo) -> None:
    zoo.leo.tags.remove(zoo.big, zoo.old)


@case
def members_are_set(zoo: Zoo) -> None:
    zoo.leo.tags.set([zoo.old])


@case
def members_are_set_to_nobody(zoo: Zoo) -> None:
    zoo.leo.tags.set([], clear=True)


@case
def members_are_cleared(zoo: Zoo) -> None:
    zoo.leo.tags.clear()


@case
def members_are_added_from_the_other_side(zoo: Zoo) -> None:
    zoo.old.animals.add(zoo.leo, zoo.mia)


@case
def members_are_cleared_from_the_other_side(zoo: Zoo) -> None:
    zoo.big.animals.clear()


@case
def a_symmetrical_relation(zoo: Zoo) -> None:
    zoo.leo.friends.add(zoo.mia)
    zoo.mia.friends.remove(zoo.leo)
    zoo.leo.friends.set([zoo.mia, zoo.polly])


@case
def a_relation_with_a_model_of_its_own(zoo: Zoo) -> None:
    zoo.club.tags.add(zoo.big, through_defaults={"rank": 2})
    member = Membership.objects.get()
    member.rank = 3
    member.save()
    zoo.club.tags.clear()


@case
def a_member_is_deleted(zoo: Zoo) -> None:
    zoo.big.delete()


@case
def a_relation_of_a_child(zoo: Zoo) -> None:
    zoo.polly.tags.add(zoo.old)


@case
def the_row_of_a_relation_is_made_directly(zoo: Zoo) -> None:
    Animal.tags.through.objects.create(animal=zoo.mia, tag=zoo.old)


# --- deletions ---
@case
def a_deletion(zoo: Zoo) -> None:
    zoo.mia.delete()


@case
def a_cascade(zoo: Zoo) -> None:
    Note.objects.create(text="about Leo", about=zoo.leo)
    settle()
    zoo.leo.delete()


@case
def a_foreign_key_set_to_null(zoo: Zoo) -> None:
    zoo.kim.delete()


@case
def a_deletion_through_a_queryset(zoo: Zoo) -> None:
    Animal.objects.filter(name__startswith="M").delete()


@case
def a_deletion_of_deferred_instances(zoo: Zoo) -> None:
    Animal.objects.only("name").get(pk=zoo.mia.pk).delete()


# --- many at once ---
@case
def an_update_of_many(zoo: Zoo) -> None:
    Animal.objects.filter(legs=4).exclude(name="Mia").update(legs=5, keeper=zoo.lee, name="same", password="x")


@case
def an_update_of_many_by_an_expression(zoo: Zoo) -> None:
    Animal.objects.update(legs=F("legs") + 1, name=Upper("name"))


@case
def an_update_of_many_that_changes_nothing(zoo: Zoo) -> None:
    Animal.objects.update(legs=4)


@case
def an_update_over_a_join(zoo: Zoo) -> None:
    Animal.objects.filter(keeper__name="Kim", tags__word="big").distinct().update(legs=6)


@case
def an_update_of_children(zoo: Zoo) -> None:
    Parrot.objects.update(name="all", words=7)


@case
def an_awaited_update(zoo: Zoo) -> None:
    async_to_sync(Animal.objects.filter(name="Leo").aupdate)(legs=8)


@case
def a_bulk_creation(zoo: Zoo) -> None:
    Animal.objects.bulk_create([Animal(name=f"n{number}") for number in range(3)])


@case
def a_bulk_update(zoo: Zoo) -> None:
    zoo.leo.legs, zoo.mia.legs, zoo.mia.name = F("legs") + 3, 2, "Maria"
    Animal.objects.bulk_update([zoo.leo, zoo.mia], ["legs", "name"])


@case
def a_raw_delete(zoo: Zoo) -> None:
    Note.objects.create(text="one", about=zoo.leo)
    Note.objects.create(text="two", about=zoo.mia)
    settle()
    Note.objects.filter(text="one")._raw_delete("default")


@case
def through_a_related_manager(zoo: Zoo) -> None:
    zoo.lee.animals.add(zoo.leo)
    zoo.kim.animals.set([zoo.mia, zoo.polly])
    zoo.kim.animals.clear()


# --- transactions ---
@case
def savepoints_of_which_some_survive(zoo: Zoo) -> None:
    with transaction.atomic():
        zoo.leo.legs = 1
        zoo.leo.save()
        sid = transaction.savepoint()
        zoo.leo.name = "gone"
        zoo.leo.save()
        Animal.objects.update(legs=77)
        zoo.leo.tags.clear()
        transaction.savepoint_rollback(sid)
        Animal.objects.filter(pk=zoo.mia.pk).update(legs=2)


# --- what is told besides the values ---
@pytest.mark.parametrize("how", ["query", "broken", "raises", "huge"])
def test_a_record_that_cannot_say_what_it_is_is_told_all_the_same(how: str, zoo: Zoo) -> None:
    odd = Odd.objects.create(how=how)
    odd.number = 5
    odd.save()
    created, changed = changes()
    key = f"Odd {odd.pk}"
    assert changed.entity_name == ("x" * 200 if how == "huge" else key)
    assert created.entity_id == changed.entity_id == str(odd.pk) and changed.new_values == {"number": 5}


def test_one_event_tells_of_a_child_with_all_its_columns(zoo: Zoo) -> None:
    rio = Parrot.objects.create(name="Rio", words=1)
    rio.name = "Rita"
    rio.save()
    rio.words = 2
    rio.save()
    rio.delete()
    told = [(event.event_type, event.entity_id) for event in changes()]
    key = created_key(changes())
    assert told == [(f"PARROT_{action}", key) for action in ("CREATE", "UPDATE", "UPDATE", "DELETE")]


def created_key(events: list[Event]) -> str:
    return next(event.entity_id for event in events if event.action == "CREATE")


def test_a_proxy_is_told_as_what_it_stands_for_and_noted(zoo: Zoo) -> None:
    tame = TameAnimal.objects.get(pk=zoo.leo.pk)
    tame.name = "Leon"
    tame.save()
    (event,) = changes()
    assert (event.event_type, event.event_data) == ("ANIMAL_UPDATE", {"proxy": "zoo.TameAnimal"})


def test_a_foreign_keys_record_is_named_if_it_is_loaded_anyway(zoo: Zoo) -> None:
    zoo.leo.keeper = zoo.lee
    zoo.leo.save()
    (event,) = changes()
    assert event.new_values == {"keeper_id": "L"} and event.event_data == {"names": {"keeper_id": "Lee"}}


def test_a_foreign_keys_record_is_not_asked_for(zoo: Zoo) -> None:
    leo = Animal.objects.get(pk=zoo.leo.pk)
    leo.keeper_id = "L"
    with CaptureQueriesContext(connection) as queries:
        leo.save()
    assert not [query["sql"] for query in queries if 'FROM "zoo_keeper"' in query["sql"]]
    (event,) = changes()
    assert event.new_values == {"keeper_id": "L"} and event.event_data == {}


def test_a_file_is_told_by_name_and_size(zoo: Zoo) -> None:
    zoo.leo.photo.save("leo.jpg", ContentFile(b"jpeg"))
    zoo.leo.legs = 3
    zoo.leo.save()
    with_file, without = changes()
    assert with_file.new_values == {"photo": "zoo/leo.jpg"} and with_file.event_data == {"files": {"photo": 4}}
    assert without.event_data == {}


def test_the_value_of_a_secret_is_nowhere(zoo: Zoo) -> None:
    zoo.leo.password = "open sesame"
    zoo.leo.save()
    assert raw(
        "SELECT count(*) FROM event_outbox WHERE change::text LIKE '%%sesame%%' OR record LIKE '%%sesame%%'"
    ) == [(0,)]
    (event,) = changes()
    assert event.changed_fields == ["password"] and event.new_values == {"password": "[redacted]"}


def test_a_change_of_what_changes_by_itself_is_none(zoo: Zoo) -> None:
    zoo.leo.save()
    raw("UPDATE zoo_animal SET touched = now()")
    assert changes() == []


def test_a_key_that_is_changed_by_an_update_is_told_with_both(zoo: Zoo, mechanism: str) -> None:
    Keeper.objects.create(code="old", name="Old")
    settle()
    forget()
    Keeper.objects.filter(code="old").update(code="new")
    (event,) = changes()
    if mechanism == "triggers":
        assert (event.entity_id, event.previous_values, event.new_values) == ("new", {"code": "old"}, {"code": "new"})
    else:
        assert event.previous_values == {"code": {"old": "old"}} and event.event_data["assigned"] == {"code": "new"}


# --- many at once, by signals ---
def test_a_statement_is_one_event_with_filter_count_and_keys(zoo: Zoo, mechanism: str) -> None:
    Animal.objects.filter(legs=4, name__in=["Leo", "Mia"]).exclude(tame=True).update(legs=F("legs") + 1, tame=True)
    events = changes()
    if mechanism == "triggers":
        assert [event.event_type for event in events] == ["ANIMAL_UPDATE"] * 2
        return
    (event,) = events
    assert event.event_type == "ANIMAL_BULK_UPDATE"
    assert event.event_data == {
        "assigned": {"legs": "F(legs) + Value(1)", "tame": True},
        "filter": {"legs": 4, "name__in": ["Leo", "Mia"], "not": {"tame": True}},
        "count": 2,
        "keys": [str(zoo.leo.pk), str(zoo.mia.pk)],
        "complete": True,
    }


def test_of_very_many_the_first_thousand_are_named(zoo: Zoo, mechanism: str) -> None:
    Tag.objects.bulk_create(Tag(word=str(number)) for number in range(1_200))
    Tag.objects.update(word="same")
    events = changes()
    if mechanism == "triggers":
        assert sum(event.action == "CREATE" for event in events) == 1_200
        return
    created, changed = events
    for event, count in ((created, 1_200), (changed, 1_202)):
        data = event.event_data
        assert (data["count"], len(data["keys"]), data["complete"]) == (count, 1_000, False)
    assert len(changed.previous_values["word"]) == 1_000


@pytest.mark.parametrize(
    ("conflicts", "options"),
    [
        ("ignored", {"ignore_conflicts": True}),
        ("updated", {"update_conflicts": True, "update_fields": ["name"], "unique_fields": ["code"]}),
    ],
)
def test_a_bulk_creation_with_conflicts_says_so(
    zoo: Zoo, mechanism: str, conflicts: str, options: dict[str, Any]
) -> None:
    Keeper.objects.bulk_create([Keeper(code="K", name="Kimberly"), Keeper(code="N", name="New")], **options)
    events = changes()
    if mechanism == "triggers":
        assert {event.event_type for event in events} >= {"KEEPER_CREATE"}
        return
    (event,) = events
    assert event.event_data["conflicts"] == conflicts and not event.event_data["complete"]


def test_bulk_writes_may_be_left_out(zoo: Zoo, mechanism: str, event_log: Callable[..., None]) -> None:
    event_log(CAPTURE_BULK_WRITES=False)
    Animal.objects.update(legs=1)
    assert bool(changes()) == (mechanism == "triggers")


# --- what only triggers see ---
def test_sql_of_ones_own_is_seen_by_triggers_only(zoo: Zoo, mechanism: str) -> None:
    before = State.now()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE zoo_animal SET legs = legs + 1 WHERE name LIKE 'L%'")
        cursor.executemany("INSERT INTO zoo_tag (word) VALUES (%s)", [("a",), ("b",)])
        cursor.execute("WITH gone AS (DELETE FROM zoo_animal_tags RETURNING 1) SELECT count(*) FROM gone")
    if mechanism == "triggers":
        agree(between(before, State.now()), told(changes()))
        assert all(event.auth_method != "database" for event in changes())
    else:
        assert changes() == []


def test_a_truncation_is_seen_by_triggers_only(zoo: Zoo, mechanism: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE zoo_seat")
    told = [(event.event_type, event.event_data) for event in changes()]
    assert told == ([("SEAT_DELETE", {"truncated": True})] if mechanism == "triggers" else [])


# --- fixtures and data migrations ---
def test_a_fixture(zoo: Zoo, mechanism: str) -> None:
    path = zoo.folder / "rows.json"
    rows = [{"model": "zoo.tag", "pk": 900 + number, "fields": {"word": str(number)}} for number in range(3)]
    path.write_text(json.dumps(rows))
    before = State.now()
    call_command("loaddata", path, verbosity=0)
    events = changes()
    agree(between(before, State.now()), told(events))
    assert len(events) == (3 if mechanism == "triggers" else 1)


def test_a_data_migration(zoo: Zoo, mechanism: str) -> None:
    from django.apps import apps

    def forwards(old: Any, editor: Any) -> None:
        old.get_model("zoo", "Keeper").objects.create(code="m", name="Made")
        old.get_model("zoo", "Keeper").objects.filter(code="m").update(name="Changed")

    migration = type("Migration", (migrations.Migration,), {"operations": [migrations.RunPython(forwards)]})
    migration("0099_data", "zoo").apply(ProjectState.from_apps(apps), connection.schema_editor())
    types = [event.event_type for event in changes()]
    assert types == (["KEEPER_CREATE", "KEEPER_UPDATE"] if mechanism == "triggers" else ["KEEPER_BULK_UPDATE"])
