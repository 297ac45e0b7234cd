"""What an address of the list asks for, and the questions beside it."""

import pytest

from eventlog.admin.asking import EXAMPLES, Question, anything, exactly


@pytest.mark.parametrize(
    ("asked", "since"),
    [
        ({}, "-24h"),
        ({"since": ""}, ""),
        ({"since": "-7d"}, "-7d"),
        ({"until": "2026-10-03"}, ""),
        ({"q": "created:2026-10-03"}, ""),
        ({"q": "request:r1"}, ""),
        ({"q": "actor:ada"}, "-24h"),
    ],
)
def test_without_a_time_the_last_day_is_meant_unless_the_search_says_when(asked: dict[str, str], since: str) -> None:
    assert Question.of(asked).since == since


def test_its_address_asks_the_same_again() -> None:
    question = Question.of({"q": 'actor:"a b" -ip:10.0.0.0/8', "since": "-7d", "until": "yesterday"})
    assert question.address() == "?q=actor%3A%22a+b%22+-ip%3A10.0.0.0%2F8&since=-7d&until=yesterday"


def test_another_value_takes_the_place_of_those_that_were_chosen() -> None:
    question = Question.of({"q": "severity:high,critical actor:ada"})
    assert question.instead("severity", "low").text == "actor:ada severity:low"
    assert question.instead("severity", "").text == "actor:ada"


def test_a_search_without_brackets_keeps_its_meaning_when_something_is_added() -> None:
    assert Question.of({"q": "actor:ada or actor:budi"}).only("type", "LOGIN").text == (
        "(actor:ada or actor:budi) type:LOGIN"
    )


def test_a_value_of_an_event_is_asked_for_as_it_is() -> None:
    assert exactly(entity='siswa/a"b*').text == 'entity:"siswa/a\\"b*"'


@pytest.mark.parametrize("text", [text for text, _since, _words in EXAMPLES])
def test_the_examples_are_understood(text: str) -> None:
    assert Question.of({"q": text}).problem == "" and anything(text).parts()


@pytest.mark.parametrize(
    ("since", "until", "is_wrong"),
    [("2026-10-03", "2026-10-02", True), ("2026-10-03", "2026-10-03", False), ("-1h", "-2h", True), ("-1h", "", False)],
)
def test_a_time_that_ends_before_it_begins_is_said_to_do_so(since: str, until: str, is_wrong: bool) -> None:
    assert ("ends before it begins" in Question.of({"since": since, "until": until}).problem) is is_wrong
