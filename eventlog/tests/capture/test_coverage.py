"""The list of what is seen, and the warnings of what is not."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from eventlog import checks
from eventlog.capture import coverage
from eventlog.tests.zoo.mechanisms import by_triggers, raw

pytestmark = pytest.mark.django_db


def seen(model: str) -> dict[str, bool]:
    return {path.path: path.seen for path in coverage.paths("default") if path.model == model}


def told(*options: str) -> str:
    out = StringIO()
    call_command("eventlog_coverage", *options, stdout=out)
    return out.getvalue()


def test_signals_see_all_but_sql(event_log: Callable[..., None]) -> None:
    found = seen("zoo.Animal")
    assert [path for path, is_seen in found.items() if not is_seen] == [coverage.SQL, coverage.TRUNCATE]


def test_triggers_see_all(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Animal"):
        assert all(seen("zoo.Animal").values())


def test_a_trigger_that_is_missing_is_named(event_log: Callable[..., None]) -> None:
    with by_triggers(event_log, "zoo.Animal"):
        raw("ALTER TABLE zoo_animal DISABLE TRIGGER ALL")
        path = next(path for path in coverage.paths("default") if path.model == "zoo.Animal")
        assert not path.seen and "zoo_animal.eventlog_insert is disabled" in path.why


def test_bulk_writes_that_are_left_out_are_not_seen(event_log: Callable[..., None]) -> None:
    event_log(CAPTURE_BULK_WRITES=False)
    assert not seen("zoo.Animal")[coverage.BULK]


def test_the_command_says_it_in_words() -> None:
    assert "zoo.Animal\n" in told() and "NOT SEEN: only triggers see it" in told()


def test_the_command_says_it_in_json() -> None:
    facts = json.loads(told("--json"))
    assert facts["unseen"] == sum(not path["seen"] for path in facts["paths"]) > 0


def test_with_strict_what_is_not_seen_is_a_failure() -> None:
    with pytest.raises(SystemExit) as left:
        told("--strict")
    assert left.value.code == 1


def test_with_strict_all_seen_is_a_success(event_log: Callable[..., None]) -> None:
    event_log(AUDITED_MODELS={"zoo.Tag": {}})
    with by_triggers(event_log, "zoo.Tag"):
        assert "0 of" in told("--strict")


# --- checks ---
def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_bulk_writes_that_are_left_out_are_a_warning(event_log: Callable[..., None]) -> None:
    event_log(CAPTURE_BULK_WRITES=False)
    assert ids(checks.capture.bulk_writes_are_seen(None)) == ["eventlog.W003"]


def test_triggers_without_pgtrigger_are_an_error(
    event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(TRIGGER_MODELS=["zoo.Tag"])
    monkeypatch.setattr(checks.capture.apps, "is_installed", lambda name: name != "pgtrigger")
    assert ids(checks.capture.triggers_can_be_kept(None)) == ["eventlog.E008"]


def test_triggers_that_migrations_would_write_down_are_a_warning(event_log: Callable[..., None], settings: Any) -> None:
    event_log(TRIGGER_MODELS=["zoo.Tag"])
    settings.PGTRIGGER_MIGRATIONS, settings.PGTRIGGER_INSTALL_ON_MIGRATE = True, False
    assert ids(checks.capture.triggers_can_be_kept(None)) == ["eventlog.W004", "eventlog.W005"]


def test_triggers_that_are_not_there_are_a_warning(event_log: Callable[..., None]) -> None:
    event_log(TRIGGER_MODELS=["zoo.Tag"])
    assert ids(checks.capture.triggers_are_there(None, databases=["default"])) == ["eventlog.W006"]
    assert checks.capture.triggers_are_there(None) == []


def test_a_trigger_model_that_there_is_not_is_an_error(event_log: Callable[..., None]) -> None:
    event_log(TRIGGER_MODELS=["zoo.Anmial"])
    assert ids(checks.settings.settings_are_right(None)) == ["eventlog.E006"]
