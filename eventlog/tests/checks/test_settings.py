"""Checks of what the settings say."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from eventlog import checks
from eventlog.tests.checks.found import ids
from eventlog.tests.conftest import Change


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
        ({"RETENTION_DAYS_BY_CATEGORY": {"AUDIT": 365}}, ["eventlog.E014"]),
        ({"RECORDED_SIGNALS": ["school.imported"]}, ["eventlog.E003"]),
        ({"RECORDED_SIGNALS": {"school.imported": 5}}, ["eventlog.E003"]),
    ],
)
def test_settings_are_checked(event_log: Change, given: dict[str, Any], expected: list[str]) -> None:
    event_log(**given)
    assert ids(checks.settings.settings_are_right(None)) == expected


def test_settings_that_are_no_dict_are_refused() -> None:
    with override_settings(EVENTLOG=["ENABLED"]):
        assert ids(checks.settings.settings_are_right(None)) == ["eventlog.E001"]


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
    found = checks.settings.signals_are_there(None)
    assert ids(found) == expected and all(message.hint for message in found)


@pytest.mark.parametrize(
    ("names", "expected"), [(["admin:login", "password_resett"], ["eventlog.W008"]), (["admin:logout"], []), ([], [])]
)
def test_views_that_reset_passwords_are_checked(event_log: Change, names: list[str], expected: list[str]) -> None:
    event_log(PASSWORD_RESET_VIEWS=names)
    assert ids(checks.settings.reset_views_are_there(None)) == expected
