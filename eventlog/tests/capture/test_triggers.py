"""The triggers: installed and kept by pgtrigger, with what is secret taken out in SQL."""

from collections.abc import Callable, Iterator

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from pgtrigger import registry as pgtriggers

from eventlog.capture import triggers
from eventlog.models import Event
from eventlog.tests.zoo.mechanisms import by_triggers, raw, settle
from eventlog.tests.zoo.models import Animal, Keeper, Seat, Tag

pytestmark = pytest.mark.django_db
OURS = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_eventlog%' AND tgrelid = 'zoo_keeper'::regclass"


@pytest.fixture
def keepers(event_log: Callable[..., None]) -> Iterator[None]:
    """Keepers are told of by triggers, which pgtrigger knows."""
    with by_triggers(event_log, "zoo.Keeper"):
        triggers.register()
        yield
        for model, trigger in triggers.triggers_of(Keeper):
            pgtriggers.delete(trigger.get_uri(model))


def test_a_table_has_one_for_each_kind_of_change(keepers: None) -> None:
    names = sorted(name.removeprefix("pgtrigger_eventlog_").rpartition("_")[0] for (name,) in raw(OURS))
    assert names == ["delete", "insert", "truncate", "update"]


def test_migrate_installs_what_is_missing(keepers: None) -> None:
    for model, trigger in triggers.triggers_of(Keeper):
        trigger.uninstall(model)
    call_command("migrate", verbosity=0)
    assert len(raw(OURS)) == 4


def test_they_are_installed_by_command_too(keepers: None) -> None:
    for model, trigger in triggers.triggers_of(Keeper):
        trigger.uninstall(model)
    call_command("pgtrigger", "install", verbosity=0)
    assert len(raw(OURS)) == 4


def test_migrations_do_not_speak_of_them(keepers: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_one_that_the_settings_have_outdated_is_known(keepers: None, event_log: Callable[..., None]) -> None:
    assert {status for _, status in triggers.installed(Keeper, "default")} == {"INSTALLED"}
    event_log(AUDITED_MODELS={"zoo.Keeper": {"exclude": ["name"]}})
    assert "OUTDATED" in {status for _, status in triggers.installed(Keeper, "default")}


def test_one_that_somebody_has_switched_off_is_known(keepers: None) -> None:
    raw("ALTER TABLE zoo_keeper DISABLE TRIGGER ALL")
    assert {status for _, status in triggers.installed(Keeper, "default")} == {"DISABLED"}


def test_they_cannot_be_ignored_by_a_setting_of_the_session(keepers: None) -> None:
    with pgtrigger.ignore():
        Keeper.objects.create(code="k", name="Kim")
    assert raw("SELECT change::jsonb->>'operation' FROM event_outbox") == [("INSERT",)]


def test_options_choose_and_mask_the_columns(event_log: Callable[..., None]) -> None:
    event_log(AUDITED_MODELS={"zoo.Keeper": {"name": "person", "exclude": ["code"], "mask": ["name"]}})
    with by_triggers(event_log, "zoo.Keeper"):
        Keeper.objects.create(code="k", name="Kim")
        Keeper.objects.update(name="Lee")
        assert "Kim" not in str(raw("SELECT change::jsonb - 'context' FROM event_outbox"))
        settle()
    created, changed = Event.objects.order_by("timestamp")
    assert (created.event_type, created.new_values) == ("PERSON_CREATE", {"name": "[masked]"})
    assert changed.previous_values == changed.new_values == {"name": "[masked]"} and changed.changed_fields == ["name"]


def test_a_change_of_left_out_columns_alone_is_not_told(event_log: Callable[..., None]) -> None:
    event_log(AUDITED_MODELS={"zoo.Keeper": {"exclude": ["name"]}})
    with by_triggers(event_log, "zoo.Keeper"):
        Keeper.objects.create(code="k", name="Kim")
        Keeper.objects.update(name="Lee")
        assert raw("SELECT change::jsonb->>'operation' FROM event_outbox") == [("INSERT",)]


def test_what_is_secret_by_its_name_never_reaches_the_outbox(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Animal"):
        animal = Animal.objects.create(name="Leo", password="open sesame")
        raw("UPDATE zoo_animal SET password = 'closed sesame' WHERE id = %s", animal.pk)
        animal.delete()
        assert "sesame" not in str(raw("SELECT change, record FROM event_outbox"))


def test_a_table_of_very_many_columns_is_read_whole() -> None:
    """PostgreSQL passes a function at most a hundred arguments."""
    table = triggers.Table(Animal, triggers.Audit("animal"))
    table.fields *= 100 // len(table.fields) + 1
    raw(f"DO $$ DECLARE new zoo_animal; later TEXT := ''; BEGIN {table.all_of('NEW')} END $$")


def test_where_the_event_log_is_off_they_tell_nothing(keepers: None, event_log: Callable[..., None]) -> None:
    event_log(ENABLED=False)
    Keeper.objects.create(code="k", name="Kim")
    assert raw("SELECT * FROM event_outbox") == []


def test_an_unchanged_row_costs_no_call(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Tag"):
        tag = Tag.objects.create(word="a")
        settle()
        tag.save()
        assert raw("SELECT * FROM event_outbox") == []


def test_a_model_of_a_composite_key_is_known_by_both_parts(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Seat"):
        Seat.objects.create(row=3, place=4)
        settle()
    assert Event.objects.get().entity_id == "3,4"


def test_each_model_of_the_setting_is_registered(event_log: Callable[..., None]) -> None:
    event_log(TRIGGER_MODELS=["zoo.Animal"])
    known = {
        f"{model._meta.db_table}.{trigger.name}"
        for model, trigger in triggers.triggers_of(apps.get_model("zoo.Animal"))
    }
    assert "zoo_animal.eventlog_update" in known and "zoo_animal_tags.eventlog_insert" in known
