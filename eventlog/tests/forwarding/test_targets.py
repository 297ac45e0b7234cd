"""What is said of sinks in the settings: used where it can be, and named by the check where it cannot."""

from pathlib import Path
from typing import Any

import pytest

from eventlog import checks
from eventlog.conf import conf
from eventlog.conf.setting import environment
from eventlog.forwarding.targets import targets
from eventlog.tests.conftest import Change
from eventlog.tests.forwarding.conftest import SECRET

SYSLOG = {"kind": "syslog", "url": "tls://logs.school.example"}
HOOK = {"kind": "webhook", "url": "https://logs.school.example/in", "secret": SECRET}
HERE = str(Path(__file__).resolve().parent / "events")


def messages(**options: Any) -> list[tuple[str | None, str]]:
    return [(found.id, found.msg) for found in checks.receivers.sinks_can_be_used(None)]


@pytest.mark.parametrize(
    "options",
    [
        SYSLOG,
        {**SYSLOG, "ca": __file__, "timeout": 3, "query": "category:AUTH", "from": "oldest", "format": "cef"},
        HOOK,
        {**HOOK, "private": True},
        {"kind": "file", "path": HERE},
    ],
)
def test_what_can_be_used_is_not_complained_of(event_log: Change, options: dict[str, Any]) -> None:
    event_log(FORWARD_TO={"sink": options})
    assert messages() == []
    assert [each.name for each in targets()] == ["sink"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, '"kind"'),
        ({"kind": "fax"}, "one of syslog, webhook, file"),
        ({"kind": "syslog"}, '"url"'),
        ({**SYSLOG, "url": "udp://logs.school.example"}, "tcp://"),
        ({**SYSLOG, "url": "tls://ada:hunter2@logs.school.example"}, "without user"),
        ({**SYSLOG, "url": "tls://logs.school.example:99999"}, "URL"),
        ({**SYSLOG, "url": 5}, "URL"),
        ({**HOOK, "url": "https://logs.school.example/a\r\nX: y"}, "URL"),
        ({**HOOK, "url": "https://logs.school.example/in\x7f"}, "URL"),
        ({**HOOK, "url": "https://logs.school.example/masuk-é"}, "URL"),
        ({**SYSLOG, "ca": "/no/such/file"}, "can be read"),
        ({**SYSLOG, "timeout": "soon"}, "seconds"),
        ({**SYSLOG, "query": "status:"}, "At character"),
        ({**SYSLOG, "format": "csv"}, "ndjson"),
        ({**HOOK, "format": "cef"}, "one of ndjson, ocsf, ecs"),
        ({**SYSLOG, "from": "yesterday"}, "oldest"),
        ({**SYSLOG, "path": HERE}, "not path"),
        ({**HOOK, "secret": "hunter2"}, "whsec_"),
        ({**HOOK, "secret": "whsec_aHVudGVyMg=="}, "random bytes"),
        ({**HOOK, "secret": 5}, "a text"),
        ({"kind": "file", "path": "events"}, "absolute"),
        ({"kind": "file", "path": "/no/such/folder/events"}, "there"),
    ],
)
def test_what_cannot_be_used_is_named(event_log: Change, options: dict[str, Any], word: str) -> None:
    event_log(FORWARD_TO={"sink": options})
    ((key, text),) = messages()
    assert (key, targets()) == ("eventlog.E010", [])
    assert text.startswith("FORWARD_TO: sink needs ") and word in text
    assert "hunter2" not in text


@pytest.mark.parametrize("options", [{**SYSLOG, "url": "tcp://logs"}, {**HOOK, "url": "http://logs"}])
def test_what_goes_in_the_clear_is_warned_of(event_log: Change, options: dict[str, Any]) -> None:
    event_log(FORWARD_TO={"sink": options})
    assert [key for key, _text in messages()] == ["eventlog.W009"]


@pytest.mark.parametrize("value", ['{"siem": {"secret": "whsec_hunter2"', ["whsec_hunter2"], {"siem": "whsec_hunter2"}])
def test_what_is_no_mapping_is_refused_without_being_shown(event_log: Change, value: Any) -> None:
    event_log(FORWARD_TO=value)
    (found,) = checks.settings.settings_are_right(None)
    assert found.id == "eventlog.E003"
    assert "hunter2" not in f"{found.msg} {found.hint}"


def test_the_environment_has_it_as_json(event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(environment(), "FORWARD_TO", '{"siem": {"kind": "syslog", "url": "tls://logs"}}')
    event_log()
    assert conf.FORWARD_TO == {"siem": {"kind": "syslog", "url": "tls://logs"}}
