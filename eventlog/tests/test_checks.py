"""System checks: each says what is wrong, with an id and a hint."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from pytest_django import Settings

from eventlog import checks
from eventlog.tests.conftest import Change


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_the_project_is_clean() -> None:
    assert [message for message in run_checks() if (message.id or "").startswith("eventlog")] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"BATCHSIZE": 5}, ["eventlog.E002"]),
        ({"BATCH_SIZE": "five"}, ["eventlog.E003"]),
        ({"PIPELINE": "celery"}, ["eventlog.E004"]),
        ({"TRUSTED_PROXIES": ["10.0.0.0/8", "unix"]}, []),
        ({"TRUSTED_PROXIES": ["socket"]}, ["eventlog.E003"]),
        ({"AUDITED_MODELS": {"school.Siswa": {"exclude": ["alamat"]}}}, []),
        ({"AUDITED_MODELS": {"school.Siswa": {"exclude": 5}}}, ["eventlog.E003"]),
        ({"AUDITED_MODELS": {"school.Siswa": {"hide": ["alamat"]}}}, ["eventlog.E003"]),
        ({"AUDITED_MODELS": ["school.Sisva"]}, ["eventlog.E006"]),
        ({"RECORDED_SIGNALS": ["school.imported"]}, ["eventlog.E003"]),
        ({"RECORDED_SIGNALS": {"school.imported": 5}}, ["eventlog.E003"]),
    ],
)
def test_settings_are_checked(event_log: Change, given: dict[str, Any], expected: list[str]) -> None:
    event_log(**given)
    assert ids(checks.settings_are_right(None)) == expected


def test_settings_that_are_no_dict_are_refused() -> None:
    with override_settings(EVENTLOG=["ENABLED"]):
        assert ids(checks.settings_are_right(None)) == ["eventlog.E001"]


@pytest.mark.parametrize(
    ("path", "event_type", "expected"),
    [
        ("django.db.models.signals.post_save", "IMPORT_DATA", []),
        ("django.db.models.signals.post_save", "RAPOR_CREATE", []),
        ("django.db.models.signals.imported", "IMPORT_DATA", ["eventlog.E009"]),
        ("django.db.models.Model", "IMPORT_DATA", ["eventlog.E009"]),
        ("django.db.models.signals.post_save", "IMPORTED", ["eventlog.W007"]),
    ],
)
def test_recorded_signals_are_checked(event_log: Change, path: str, event_type: str, expected: list[str]) -> None:
    event_log(RECORDED_SIGNALS={path: event_type})
    found = checks.signals_are_there(None)
    assert ids(found) == expected and all(message.hint for message in found)


@pytest.mark.parametrize(
    ("names", "expected"), [(["admin:login", "password_resett"], ["eventlog.W008"]), (["admin:logout"], []), ([], [])]
)
def test_views_that_reset_passwords_are_checked(event_log: Change, names: list[str], expected: list[str]) -> None:
    event_log(PASSWORD_RESET_VIEWS=names)
    assert ids(checks.reset_views_are_there(None)) == expected


def test_a_missing_middleware_is_an_error(settings: Settings) -> None:
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    assert ids(checks.middleware_is_first(None)) == ["eventlog.E005"]


def test_a_middleware_that_is_not_first_is_a_warning(settings: Settings) -> None:
    settings.MIDDLEWARE = settings.MIDDLEWARE[::-1]
    assert ids(checks.middleware_is_first(None)) == ["eventlog.W001"]


def test_a_journal_that_cannot_be_written_is_a_warning(event_log: Change, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    event_log(SPOOL_DIR=tmp_path / "file" / "spool")
    assert ids(checks.journal_is_writable(None)) == ["eventlog.W002"]


def test_another_database_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.connections["default"], "vendor", "sqlite")
    assert ids(checks.database_is_postgresql(None)) == ["eventlog.E007"]
