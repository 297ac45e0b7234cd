"""Mutes as they are read: before one is lifted, and afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from eventlog.models import EventMute
from eventlog.tests.admin.pages import HOSTILE, reader_with, shown

pytestmark = pytest.mark.django_db
LIST = "/admin/eventlog/eventmute/"
END = datetime(2199, 1, 2, 17, tzinfo=UTC)  # midnight in Jakarta


@pytest.fixture
def keeper(db: None) -> Client:
    return reader_with("view_event", "view_security", "change_alert")


def muted(**columns: Any) -> EventMute:
    given = {"rule": "xss", "target": "ip:203.0.113.7", "until": END, "username": "ada", **columns}
    return EventMute.objects.create(**given)


def test_the_page_that_lifts_one_says_in_a_sentence_what_it_is(keeper: Client) -> None:
    page = shown(keeper, f"{LIST}{muted(reason='exams').pk}/delete/")
    assert "<h1>Lift this mute?</h1>" in page and "203.0.113.7, muted until the end of 2199-01-02" in page
    assert "(exams)" in page and "xss ip:" not in page


def test_one_without_an_end_says_so(keeper: Client) -> None:
    page = shown(keeper, f"{LIST}{muted(target='*', until=None).pk}/delete/")
    assert "whoever it is about, muted until it is lifted" in page


def test_it_is_asked_in_the_reader_s_language(keeper: Client) -> None:
    path = f"{LIST}{muted().pk}/delete/"
    assert "dibisukan sampai akhir 2199-01-02" in keeper.get(path, headers={"accept-language": "id"}).content.decode()


def test_what_is_written_in_one_is_escaped(keeper: Client) -> None:
    page = shown(keeper, f"{LIST}{muted(target=f'path:{HOSTILE}', reason=HOSTILE).pk}/delete/")
    assert "<script>alert" not in page


def test_several_are_asked_about_in_sentences(keeper: Client) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [muted().pk, muted(rule="scanner").pk]}
    page = keeper.post(LIST, chosen).content.decode()
    assert page.count("203.0.113.7, muted until the end of 2199-01-02") == 2 and "xss ip:" not in page


def test_what_was_done_is_said_in_words(keeper: Client) -> None:
    form = {"rule": "xss", "target": "ip:203.0.113.7", "until": "2199-01-02", "reason": "exams"}
    assert "muted until the end of 2199-01-02" in keeper.post(f"{LIST}add/", form, follow=True).content.decode()
    path = f"{LIST}{EventMute.objects.get().pk}/"
    said = keeper.post(f"{path}change/", {**form, "until": ""}, follow=True).content.decode()
    assert "muted until it is lifted" in said and "xss ip:" not in said
    said = keeper.post(f"{path}delete/", {"post": "yes"}, follow=True).content.decode()
    assert "The mute is lifted" in said and "xss ip:" not in said
