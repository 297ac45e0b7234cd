"""Fixtures and data migrations: one event a model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.state import ProjectState

from eventlog.models import Event
from eventlog.tests.zoo.models import Animal, Keeper, Tag

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


def fixture(folder: Path, *rows: tuple[str, Any, dict[str, Any]]) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps([{"model": model, "pk": pk, "fields": fields} for model, pk, fields in rows]))
    return path


def load(path: Path) -> None:
    call_command("loaddata", path, verbosity=0)


def test_a_fixture_leaves_one_event_a_model(tmp_path: Path) -> None:
    words = [("zoo.tag", number, {"word": str(number)}) for number in range(1, 4)]
    load(fixture(tmp_path, *words, ("zoo.keeper", "k", {"name": "Kim"})))
    told = {event.event_type: event.event_data for event in Event.objects.all()}
    assert told.keys() == {"TAG_BULK_IMPORT", "KEEPER_BULK_IMPORT"}
    assert told["TAG_BULK_IMPORT"]["keys"] == ["1", "2", "3"] and told["TAG_BULK_IMPORT"]["created"] == 3


def test_a_fixture_over_a_record_keeps_what_was_there(tmp_path: Path, the_event: Find) -> None:
    Keeper.objects.create(code="k", name="Kim")
    load(fixture(tmp_path, ("zoo.keeper", "k", {"name": "Lee"})))
    event = the_event("KEEPER_BULK_UPDATE")
    assert (event.previous_values, event.event_data["changed"]) == ({"name": {"k": "Kim"}}, 1)


def test_a_fixture_that_changes_nothing_leaves_nothing(tmp_path: Path, types: Callable[[], list[str]]) -> None:
    Keeper.objects.create(code="k", name="Kim")
    load(fixture(tmp_path, ("zoo.keeper", "k", {"name": "Kim"})))
    assert types() == ["KEEPER_CREATE"]


def test_the_relations_in_a_fixture_belong_to_its_summary(tmp_path: Path, types: Callable[[], list[str]]) -> None:
    load(
        fixture(
            tmp_path,
            ("zoo.tag", 1, {"word": "a"}),
            ("zoo.animal", 1, {"name": "Leo", "tags": [1], "touched": "2026-01-01T00:00:00Z"}),
        )
    )
    assert set(types()) == {"TAG_BULK_IMPORT", "ANIMAL_BULK_IMPORT"}


def test_a_fixture_that_fails_leaves_nothing(tmp_path: Path, direct: Callable[[], None]) -> None:
    with pytest.raises(Exception, match="Problem installing"):
        load(fixture(tmp_path, ("zoo.tag", 1, {"word": "a"}), ("zoo.animal", 1, {"name": "Leo", "legs": "many"})))
    direct()
    assert not Event.objects.filter(event_category="CRUD").exists()


# --- data migrations ---
def migrate(forwards: Callable[[Any, Any], None]) -> None:
    """As `manage.py migrate` applies a migration of the zoo."""
    from django.apps import apps

    migration = type("Migration", (migrations.Migration,), {"operations": [migrations.RunPython(forwards)]})
    state = ProjectState.from_apps(apps)
    with connection.schema_editor(atomic=True) as editor:
        migration("0099_data", "zoo").apply(state, editor)


def test_a_data_migration_leaves_one_event_a_model(the_event: Find) -> None:
    def forwards(apps: Any, editor: Any) -> None:
        old = apps.get_model("zoo", "Keeper")
        kim = old.objects.create(code="k", name="Kim")
        old.objects.bulk_create([old(code=str(number), name="x") for number in range(3)])
        old.objects.filter(name="x").update(name="y")
        kim.name = "Lee"
        kim.save()
        old.objects.filter(code="2").delete()

    migrate(forwards)
    event = the_event("KEEPER_BULK_UPDATE")
    assert event.event_data["migration"] == "zoo.0099_data"
    assert {name: event.event_data[name] for name in ("created", "changed", "deleted")} == {
        "created": 4,
        "changed": 3,
        "deleted": 1,
    }


def test_a_data_migration_of_what_is_not_audited_leaves_nothing(types: Callable[[], list[str]]) -> None:
    def forwards(apps: Any, editor: Any) -> None:
        apps.get_model("contenttypes", "ContentType").objects.create(app_label="x", model="y")

    migrate(forwards)
    assert types() == []


def test_a_historical_record_outside_of_a_migration_is_told_by_itself(the_event: Find) -> None:
    from django.apps import apps

    old = ProjectState.from_apps(apps).apps.get_model("zoo", "Keeper")
    old.objects.create(code="k", name="Kim")
    assert the_event("KEEPER_BULK_IMPORT").event_data["keys"] == ["k"]


def test_real_records_changed_in_a_migration_are_told_one_by_one(types: Callable[[], list[str]]) -> None:
    migrate(lambda apps, editor: [Tag.objects.create(word=word) for word in "ab"] and Animal.objects.create(name="Leo"))
    assert types() == ["TAG_CREATE", "TAG_CREATE", "ANIMAL_CREATE"]
