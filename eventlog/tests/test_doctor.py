"""`eventlog_doctor`: what would be found, and nobody is told."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eventlog.detection import findings
from eventlog.logger import log_event
from eventlog.tests.detection.rules.scenes import ATTACKER, forget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    given: list[Any] = []
    monkeypatch.setattr(findings, "_receivers", [given.extend])
    forget()
    yield
    assert given == []


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("eventlog_doctor", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def guess(days: float) -> None:
    begin = timezone.now() - timedelta(days=days)
    for number in range(6):
        moment = begin + timedelta(seconds=number)
        log_event("LOGIN_FAILED", username="guru.ani", ip_address=ATTACKER, timestamp=moment)


def test_it_says_what_the_rules_would_have_found() -> None:
    guess(days=2)
    told = json.loads(run("rules", "--since", "7d", "--json"))
    found = told["rules"]["brute_force"]
    assert (found["count"], found["targets"], told["events"]) == (1, ["user:guru.ani"], 6)
    assert found["first"] < found["last"]


def test_rules_that_found_nothing_are_named() -> None:
    assert json.loads(run("rules", "--json"))["rules"]["xss"]["count"] == 0


def test_what_is_older_is_not_looked_at() -> None:
    guess(days=9)
    assert json.loads(run("rules", "--since", "7d", "--json"))["events"] == 0


def test_it_says_so_in_words() -> None:
    guess(days=0.1)
    assert "brute_force: 1 from" in run("rules", "--since", "24h")


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="soon is no time"):
        run("rules", "--since", "soon")


def test_a_payload_is_explained() -> None:
    (found,) = json.loads(run("payload", "1%2527 OR 1=1 --", "--json"))["verdict"]
    assert (found["kind"], found["place"], found["event"]) == ("sqli", "query", "SQL_INJECTION")
    assert found["score"] >= 50 and found["layers"] == ["percent", "percent"]


def test_the_place_may_be_given() -> None:
    assert (
        json.loads(run("payload", "sqlmap/1.8", "--where", "header:User-Agent", "--json"))["verdict"][0]["kind"]
        == "scanner"
    )


def test_an_ordinary_text_is_nothing() -> None:
    assert "Nothing is found" in run("payload", "Siti Nur'aini")
