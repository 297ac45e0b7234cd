"""Settings: from the environment, from Django's settings, or their defaults; read live."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventlog import conf as configuration
from eventlog.conf import SETTINGS, conf
from eventlog.tests.conftest import Change

Environ = Callable[[str, str], None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environ]:
    def give(name: str, value: str) -> None:
        monkeypatch.setenv(f"EVENTLOG_{name}", value)
        configuration.environment.cache_clear()

    yield give
    monkeypatch.undo()
    configuration.environment.cache_clear()


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
    assert conf._get(name) == SETTINGS[name].default


def test_the_built_in_sensitive_names_cannot_be_switched_off(event_log: Change) -> None:
    event_log(SENSITIVE_FIELDS=["nik"])
    assert {"password", "nik"} <= set(conf.SENSITIVE_FIELDS)


def test_every_setting_has_its_property_with_a_docstring() -> None:
    for name in SETTINGS:
        assert getattr(type(conf), name).__doc__, name


def test_every_setting_has_its_row_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
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
