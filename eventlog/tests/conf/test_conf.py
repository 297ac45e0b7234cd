"""Settings: from the environment, from Django's settings, or their defaults; read live."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from eventlog.conf import SETTINGS, conf
from eventlog.conf.setting import environment
from eventlog.tests.conftest import Change

Environ = Callable[[str, str], None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environ]:
    def give(name: str, value: str) -> None:
        monkeypatch.setenv(f"EVENTLOG_{name}", value)
        environment.cache_clear()

    yield give
    monkeypatch.undo()
    environment.cache_clear()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("BATCH_SIZE", "7", 7),
        ("RAISE_ERRORS", "no", False),
        ("FLUSH_INTERVAL", "0.5", 0.5),
        ("SPOOL_DIR", "/srv/spool", Path("/srv/spool")),
        ("EXCLUDE_PATHS", "/a/, /b/", ("/a/", "/b/")),
        ("AUDITED_MODELS", "school.Siswa,auth.User", {"school.Siswa": {}, "auth.User": {}}),
        ("AUDITED_MODELS", '{"school.Siswa": {"name": "murid"}}', {"school.Siswa": {"name": "murid"}}),
        ("AUDITED_MODELS", "*", "*"),
        ("RETENTION_DAYS_BY_CATEGORY", '{"AUTH": 365}', {"AUTH": 365}),
        ("RECORDED_SIGNALS", '{"school.imported": "IMPORT_DATA"}', {"school.imported": "IMPORT_DATA"}),
    ],
)
def test_the_environment_wins(environ: Environ, event_log: Change, name: str, text: str, value: Any) -> None:
    environ(name, text)
    event_log()
    assert getattr(conf, name) == value


def test_a_change_takes_effect_at_once(event_log: Change) -> None:
    event_log(BATCH_SIZE=3)
    assert conf.BATCH_SIZE == 3
    event_log(BATCH_SIZE=4)
    assert conf.BATCH_SIZE == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [("BATCH_SIZE", "many"), ("BATCH_SIZE", 0), ("BATCH_SIZE", True), ("FLUSH_INTERVAL", -1), ("PIPELINE", "fast"),
     ("TRUSTED_PROXIES", ["nowhere"]), ("ENABLED", "perhaps"), ("AUDITED_MODELS", "{broken"), ("SENSITIVE_FIELDS", 5)],
)  # fmt: skip
def test_a_value_that_cannot_be_used_gives_way_to_the_default(event_log: Change, name: str, value: Any) -> None:
    event_log(**{name: value})
    setting = SETTINGS[name]
    assert getattr(conf, name) == setting.parse(setting.default)


def test_the_built_in_sensitive_names_cannot_be_switched_off(event_log: Change) -> None:
    event_log(SENSITIVE_FIELDS=["nik"])
    assert {"password", "nik"} <= set(conf.SENSITIVE_FIELDS)


def test_every_setting_says_what_it_is_for() -> None:
    for name, setting in SETTINGS.items():
        assert setting.purpose, name


def test_a_path_is_within_the_project_wherever_the_process_was_started(event_log: Change) -> None:
    event_log(SPOOL_DIR="var/journal", CHECKPOINT_DIR="/srv/checkpoints")
    assert Path(settings.BASE_DIR, "var", "journal") == conf.SPOOL_DIR
    assert Path("/srv/checkpoints") == conf.CHECKPOINT_DIR


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("/srv/archive", "/srv/archive"),
        ("s3://bucket/events", "s3://bucket/events"),
        ("archive", f"{settings.BASE_DIR}/archive"),
    ],
)
def test_an_archive_is_in_a_folder_or_elsewhere(event_log: Change, given: str, expected: str) -> None:
    event_log(ARCHIVE_DIR=given)
    assert expected == conf.ARCHIVE_DIR


def test_every_setting_has_its_row_in_the_readme() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    missing = [name for name in SETTINGS if f"| `{name}` |" not in readme]
    assert not missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_QUIET_HOURS", "22:00"),
        ("ALERT_QUIET_HOURS", "22:00-22:00"),
        ("ALERT_QUIET_HOURS", "22:00-25:00"),
        ("SITE_URL", "edupro.school.example"),
        ("SITE_URL", "https://edupro.school.example/?a=1"),
        ("ERROR_RATE_THRESHOLD", 0),
        ("PARTITION_BY", "year"),
        ("RETENTION_DAYS_BY_CATEGORY", {"AUTH": 0}),
        ("RETENTION_DAYS_BY_CATEGORY", "365"),
        ("ERROR_RATE_THRESHOLD", 101),
        ("ALERT_EMAILS", 5),
        ("ALERT_WEBHOOKS", "{no json"),
        ("ALERT_WEBHOOKS", {"soc": "https://soc.example"}),
    ],
)
def test_settings_of_alerts_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="."):
        SETTINGS[name].parse(value)


def test_webhooks_are_called_by_their_host() -> None:
    parsed = SETTINGS["ALERT_WEBHOOKS"].parse("https://soc.example/a, https://soc.example/b")
    assert parsed == {
        "soc.example": {"url": "https://soc.example/a"},
        "soc.example 2": {"url": "https://soc.example/b"},
    }
