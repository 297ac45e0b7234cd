"""System checks: each says what is wrong, with an id and a hint."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from pytest_django import Settings

from eventlog import checks
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import NEW, OLD


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
        ({"RETENTION_DAYS_BY_CATEGORY": {"AUDIT": 365}}, ["eventlog.E014"]),
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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"ALERT_EMAILS": "kepala@school.example,guru@school.example"}, []),
        ({"ALERT_EMAILS": ["kepala"]}, ["eventlog.E011"]),
        ({"ALERT_EMAILS": {"kepala@school.example": {"severity": "worst"}}}, ["eventlog.E011"]),
        ({"ALERT_EMAILS": {"kepala@school.example": {"language": "xx"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "https://soc.example", "secret": "whsec_c2hvcnQ="}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "ftp://soc.example"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "https://soc.example", "colour": "red"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": ["https://soc.example/in"]}, ["eventlog.W010"]),
        ({"ALERT_WEBHOOKS": ["https://hooks.slack.com/services/T/B/X"]}, []),
        ({"ALERT_EMAILS": ["kepala@school.example"], "SITE_URL": ""}, ["eventlog.W011"]),
    ],
)
def test_those_who_are_told_of_alerts_are_checked(
    event_log: Change, given: dict[str, Any], expected: list[str]
) -> None:
    event_log(**{"SITE_URL": "https://edupro.school.example", **given})
    with override_settings(ALLOWED_HOSTS=["*"]):
        found = checks.alerts_can_be_told(None)
    assert ids(found) == expected and all(message.hint for message in found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ARCHIVE_DIR": ""}, []),
        ({"ARCHIVE_DIR": "var/archive"}, []),
        ({"ARCHIVE_DIR": "s3://bucket/events"}, ["eventlog.E015"]),
        ({"ARCHIVE_DIR": "nowhere://x"}, ["eventlog.E015"]),
        ({"ARCHIVE_DIR": "var/archive", "ARCHIVE_RETENTION_DAYS": 30}, ["eventlog.E016"]),
        ({"ARCHIVE_DIR": "var/archive", "ARCHIVE_RETENTION_DAYS": 31}, []),
    ],
)
def test_an_archive_that_cannot_be_used_is_an_error(
    event_log: Change, given: dict[str, Any], expected: list[str]
) -> None:
    event_log(**given)
    assert ids(checks.archive_can_be_used(None)) == expected


def test_no_check_shows_a_secret(event_log: Change) -> None:
    event_log(ALERT_WEBHOOKS={"chat": {"url": "http://hooks.slack.com/services/T0SECRET", "secret": "whsec_U0VDUkVU"}})
    found = [*checks.alerts_can_be_told(None), *checks.settings_are_right(None)]
    assert found and not [message for message in found if "SECRET" in f"{message.msg} {message.hint}"]


# --- encryption ---
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], []),
        ("", []),
        (["a2V5" * 8], ["eventlog.E017"]),
        (["?"], ["eventlog.E017"]),
        (5, ["eventlog.E017"]),
        ([None], ["eventlog.E017"]),
        ([NEW, "c2hvcnQ="], ["eventlog.E017"]),
        (f"{NEW},{OLD}", []),
    ],
)
def test_keys_that_cannot_be_used_are_told(event_log: Change, keys: Any, expected: list[str]) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    assert ids(checks.encryption_can_be_used(None)) == expected


def test_a_bad_key_is_not_shown(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=["almost-a-key"])
    (found,) = checks.encryption_can_be_used(None)
    assert "almost" not in str(found) and "key 1" in found.msg


@pytest.mark.parametrize(("keys", "expected"), [([], ["eventlog.W018"]), ([NEW], [])])
def test_deploying_without_encryption_is_told(event_log: Change, keys: Any, expected: list[str]) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    assert ids(checks.sensitive_events_are_encrypted(None)) == expected
