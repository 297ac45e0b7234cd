"""Random changes in every way there is; then each record is walked back, and compared with copies taken at the time."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import models, transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from eventlog import as_of
from eventlog.tests.altering import forget
from eventlog.tests.zoo.mechanisms import by_triggers, raw, settle
from eventlog.tests.zoo.models import Animal, Keeper, Parrot, Seat, Tag

MODELS = (Keeper, Tag, Animal, Parrot, Seat)
MASKED = {"password"}
IGNORED = {"touched"}  # changes by itself
STEPS = 520
BEFORE = 20  # questions while some of the changes still wait
KEYS = 50  # of a model, to be walked back
Tables = dict[type[models.Model], dict[Any, dict[str, Any]]]

names = st.sampled_from(["Leo", "Mia", "Tom", "Zoé", "hidden", ""])
numbers = st.integers(-3, 9)
picks = st.integers(0, 1_000)


def in_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, Decimal) else value


def copy_of_tables() -> Tables:
    """Everything as it is, members of relations too."""
    tables: Tables = {}
    for model in MODELS:
        rows = model._base_manager.all().values("pk", *(field.attname for field in model._meta.concrete_fields))
        tables[model] = {row.pop("pk"): {name: in_json(value) for name, value in row.items()} for row in rows}
    for name, far in (("tags", "tag_id"), ("friends", "to_animal_id")):
        through = Animal._meta.get_field(name).remote_field.through  # type: ignore[union-attr]
        near = "animal_id" if name == "tags" else "from_animal_id"
        pairs = list(through._base_manager.values_list(near, far))
        for model in (Animal, Parrot):
            for key, row in tables[model].items():
                row[name] = sorted((member for owner, member in pairs if owner == key), key=str)
    return tables


class Undone(Exception):
    """Raised to roll a change back."""


class Changes(RuleBasedStateMachine):
    """`raw_sql`: also past Django, which only triggers see."""

    raw_sql = False

    def __init__(self) -> None:
        super().__init__()
        self.copies: list[tuple[datetime, Tables]] = []
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        for model in (Parrot, Animal, Seat, Tag, Keeper):
            model._base_manager.all().delete()
        settle()
        forget()
        Keeper.objects.create(code="first", name="First")
        self.copy()

    def copy(self) -> None:
        """Of every fourth state; between two, some changes are walked over together."""
        self.steps += 1
        if self.steps % 4 == 1:
            self.copies.append((datetime.now(UTC), copy_of_tables()))

    def one(self, model: type[models.Model], pick: int) -> Any:
        rows = list(model._base_manager.order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    # --- one record ---
    @rule(model=st.sampled_from([Animal, Parrot]), name=names, legs=numbers, pick=picks)
    def create(self, model: Any, name: str, legs: int, pick: int) -> None:
        model.objects.create(name=name, legs=legs, keeper=self.one(Keeper, pick), password=f"secret {pick}")
        self.copy()

    @rule(word=names)
    def create_tag(self, word: str) -> None:
        Tag.objects.create(word=word)
        self.copy()

    @rule(number=st.integers(0, 5), name=names)
    def create_or_change_a_keeper(self, number: int, name: str) -> None:
        Keeper.objects.update_or_create(code=f"k{number}", defaults={"name": name})
        self.copy()

    @rule(pick=picks, name=names, weight=st.decimals(0, 99, places=2) | st.none(), tame=st.booleans())
    def save(self, pick: int, name: str, weight: Any, tame: bool) -> None:
        if (animal := self.one(Animal, pick)) is not None:
            animal.name, animal.weight, animal.tame = name, weight, tame
            animal.save()
            self.copy()

    @rule(pick=picks, name=names, words=numbers)
    def save_a_child(self, pick: int, name: str, words: int) -> None:
        if (parrot := self.one(Parrot, pick)) is not None:
            parrot.name, parrot.words = name, words
            parrot.save()
            self.copy()

    @rule(pick=picks, by=numbers)
    def save_an_expression(self, pick: int, by: int) -> None:
        if (animal := self.one(Animal, pick)) is not None:
            animal.legs = F("legs") + by
            animal.save(update_fields=["legs"])
            self.copy()

    @rule(pick=picks, facts=st.dictionaries(st.sampled_from("abc"), numbers) | st.none())
    def save_a_part(self, pick: int, facts: Any) -> None:
        if (animal := self.one(Animal, pick)) is not None:
            part = Animal.objects.only("facts").get(pk=animal.pk)
            part.facts = facts
            part.save()
            self.copy()

    @rule(model=st.sampled_from([Animal, Parrot, Keeper, Tag]), pick=picks)
    def delete(self, model: Any, pick: int) -> None:
        if (record := self.one(model, pick)) is not None:
            record.delete()
            self.copy()

    # --- many ---
    @rule(name=names, legs=numbers)
    def update_many(self, name: str, legs: int) -> None:
        Animal.objects.filter(name=name).update(legs=legs, tame=True)
        self.copy()

    @rule(by=numbers, few=numbers)
    def update_many_by_an_expression(self, by: int, few: int) -> None:
        Animal.objects.filter(legs__lt=few).update(legs=F("legs") + by, name="many")
        self.copy()

    @rule(count=st.integers(1, 4), name=names)
    def create_many(self, count: int, name: str) -> None:
        Animal.objects.bulk_create([Animal(name=f"{name}{number}") for number in range(count)])
        self.copy()

    @rule(name=names, legs=numbers)
    def update_in_bulk(self, name: str, legs: int) -> None:
        animals = list(Animal.objects.order_by("pk")[:3])
        for number, animal in enumerate(animals):
            animal.name, animal.legs = name, legs + number
        Animal.objects.bulk_update(animals, ["name", "legs"])
        self.copy()

    @rule(few=numbers)
    def delete_many(self, few: int) -> None:
        Animal.objects.filter(legs=few, young=None).delete()
        self.copy()

    @rule(row=st.integers(0, 2), place=st.integers(0, 2), taken=st.booleans())
    def take_a_seat(self, row: int, place: int, taken: bool) -> None:
        Seat.objects.get_or_create(row=row, place=place)
        Seat.objects.filter(row=row).update(taken=taken)
        self.copy()

    # --- relations ---
    @rule(pick=picks, tag=picks, how=st.sampled_from(["add", "remove", "set", "clear", "reverse add", "reverse clear"]))
    def relate(self, pick: int, tag: int, how: str) -> None:
        animal, other = self.one(Animal, pick), self.one(Tag, tag)
        if animal is None or other is None:
            return
        word, _, side = how.rpartition(" ")
        manager, argument = (other.animals, animal) if word else (animal.tags, other)
        getattr(manager, side)(*([] if side == "clear" else [[argument]] if side == "set" else [argument]))
        self.copy()

    @rule(pick=picks, friend=picks, how=st.sampled_from(["add", "remove"]))
    def befriend(self, pick: int, friend: int, how: str) -> None:
        animal, other = self.one(Animal, pick), self.one(Animal, friend)
        if animal is not None:
            getattr(animal.friends, how)(other)
            self.copy()

    @rule(pick=picks, mother=picks)
    def adopt(self, pick: int, mother: int) -> None:
        animal = self.one(Animal, pick)
        if animal is not None:
            animal.mother = self.one(Animal, mother)
            animal.save()
            self.copy()

    # --- transactions ---
    @rule(pick=picks, name=names, undo=st.booleans())
    def save_in_a_savepoint(self, pick: int, name: str, undo: bool) -> None:
        if (animal := self.one(Animal, pick)) is None:
            return
        try:
            with transaction.atomic():
                animal.name = name
                animal.save()
                Animal.objects.update(tame=F("tame"))
                if undo:
                    raise Undone
        except Undone:
            pass
        self.copy()

    # --- past Django ---
    @precondition(lambda self: self.raw_sql)
    @rule(name=names, legs=numbers)
    def update_with_sql(self, name: str, legs: int) -> None:
        raw("UPDATE zoo_animal SET legs = %s, facts = '{\"sql\": true}' WHERE name = %s", legs, name)
        self.copy()

    @precondition(lambda self: self.raw_sql)
    @rule(pick=picks)
    def take_a_tag_with_sql(self, pick: int) -> None:
        raw("DELETE FROM zoo_animal_tags WHERE id = (SELECT max(id) FROM zoo_animal_tags WHERE id <= %s)", pick + 1)
        self.copy()

    @rule()
    def make_events_of_what_waits(self) -> None:
        settle()

    # --- and back ---
    def teardown(self) -> None:
        """Some with what waits in the outbox still waiting, which `as_of` reads anew for each; then most."""
        chance = random.Random(len(self.copies))
        asked = [
            (model, key, when, tables[model].get(key))
            for model in MODELS
            for keys in [sorted({key for _, tables in self.copies for key in tables[model]}, key=str)]
            for key in chance.sample(keys, min(KEYS, len(keys)))
            for when, tables in chance.sample(self.copies, min(5, len(self.copies)))
        ]
        chance.shuffle(asked)
        for question in asked[:BEFORE]:
            compare(*question)
        settle()
        for question in asked[BEFORE:]:
            compare(*question)


def compare(model: type[models.Model], key: Any, when: datetime, expected: dict[str, Any] | None) -> None:
    found = as_of((model, key), when + timedelta(microseconds=1))
    assert found.is_known, (model, key, when)
    if expected is None or found.values is None:
        assert (expected is None) == (found.values is None), (model, key, when, expected, found)
        return
    hidden = MASKED | IGNORED
    then = {name: value for name, value in expected.items() if name not in hidden}
    assert {name: value for name, value in found.values.items() if name not in hidden} == then, (model, key, when)
    assert set(found.values) >= MASKED & set(expected)


@pytest.mark.django_db
@pytest.mark.parametrize("mechanism", ["signals", "triggers"])
def test_every_record_can_be_walked_back(mechanism: str, event_log: Callable[..., None]) -> None:
    machine = type("Machine", (Changes,), {"raw_sql": mechanism == "triggers"})
    limits = settings(
        max_examples=2,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    if mechanism == "signals":
        run_state_machine_as_test(machine, settings=limits, _min_steps=STEPS - 20)
        return
    with by_triggers(event_log):
        run_state_machine_as_test(machine, settings=limits, _min_steps=STEPS - 20)
