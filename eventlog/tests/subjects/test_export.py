"""A person is given all that is his, and nothing of others."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from eventlog.models import Event, SubjectRequest
from eventlog.tests.integrity.conftest import write
from eventlog.tests.retention.archives import archived, remove_all
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import NAME, USERNAME, stored
from eventlog.tests.subjects.test_erase import erase_both

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def test_everything_is_there_once_also_what_is_only_in_the_archive(given: Any) -> None:
    stored(120)
    stored(50)
    archived()
    remove_all()
    stored(50)
    archived()
    lines, page = given("--entity", "siswa", scene.RECORD)
    assert len({line["id"] for line in lines}) == len(lines) > 20
    assert [line["timestamp"] for line in lines] == sorted(line["timestamp"] for line in lines)
    assert page.count("<article>") == len(lines) and NAME in page


def test_who_saw_and_changed_is_told_and_nothing_else_of_them(given: Any) -> None:
    stored()
    lines, _page = given("--entity", "siswa", scene.RECORD)
    created = next(line for line in lines if line["event_type"] == "SISWA_CREATE")
    assert (created["how"], created["username"], created["new_values"]["nama"]) == ("about", "guru", NAME)
    assert "ip_address" not in created and "10.0.0.9" not in json.dumps(lines)
    assert any(line["event_type"] == "NILAI_CREATE" and line["new_values"]["matematika"] == 88 for line in lines)


def test_of_what_is_about_others_only_the_own_part_is_told(given: Any) -> None:
    stored()
    lines, page = given("--entity", "siswa", scene.RECORD)
    bulk = next(line for line in lines if line["event_type"] == "SISWA_BULK_UPDATE")
    assert (bulk["how"], bulk["previous_values"]) == ("named", {"kelas": "X"})
    assert scene.OTHER not in page and "Melati" not in page and "4712" not in page


def test_what_an_account_did_is_told_with_its_addresses(given: Any) -> None:
    stored()
    write(scene.made("NILAI_UPDATE", None, user_id=scene.USER, username=USERNAME, entity_type="nilai", entity_id="1",
                     entity_name=scene.OTHER))  # fmt: skip
    lines, page = given("--user", str(scene.USER))
    signed_in = next(line for line in lines if line["event_type"] == "LOGIN")
    assert (signed_in["how"], signed_in["ip_address"]) == ("did", scene.ADDRESS)
    assert any(line["event_type"] == "NILAI_UPDATE" for line in lines) and scene.OTHER not in page


def test_the_page_is_whole_by_itself_escaped_and_in_the_readers_language(given: Any) -> None:
    write(scene.made("LOGIN", None, username=USERNAME, user_agent="<script>alert(1)</script>\u202e"))
    _lines, page = given("--user", USERNAME, language="id")
    assert "&lt;script&gt;" in page and "\u202e" not in page and '<html lang="id">' in page
    assert not any(word in page for word in ("src=", "href=", "url(", "@import", "http"))
    assert "Masuk" in page


def test_the_page_has_words_where_programs_have_names(given: Any) -> None:
    write(
        scene.made("LOGIN", None, username=USERNAME),
        scene.made("SISWA_UPDATE", None, username=USERNAME, action="UPDATE"),
    )
    _lines, page = given("--user", USERNAME, language="id")
    assert "<dd>Masuk dan hak akses</dd>" in page and "<dd>Diubah</dd>" in page
    assert "<dd>AUTH</dd>" not in page and "<dd>UPDATE</dd>" not in page


def test_it_is_an_event_that_names_nobody_and_answers_what_was_asked(given: Any, tmp_path: Path) -> None:
    asked = SubjectRequest.objects.create(kind="export", username=USERNAME, asked_by="the mother")
    stored()
    given("--user", USERNAME)
    asked.refresh_from_db()
    event = Event.objects.get(event_type="SUBJECT_EXPORTED")
    assert asked.state == "done" and event.entity_id == str(asked.pk)
    assert scene.traces(str(event.event_data)) == set()
    with pytest.raises(CommandError, match="is not empty"):
        given("--user", USERNAME)


def test_nothing_is_left_to_be_told_after_an_erasure(given: Any) -> None:
    stored(50)
    archived()
    stored()
    erase_both()
    assert given("--user", USERNAME)[0] == given("--entity", "siswa", scene.RECORD)[0] == []


def test_what_a_teacher_has_sent_of_others_is_not_told_to_him(given: Any) -> None:
    guru: dict[str, Any] = {"user_id": 702, "username": "guru", "request_id": "r-1"}
    body = {"nama": scene.OTHER, "alamat": "Jalan Melati 3"}
    of = {"entity_type": "siswa", "entity_id": "4712", "entity_name": scene.OTHER, "reason": f"as {scene.OTHER} asked"}
    write(
        scene.made("HTTP_REQUEST", None, **guru, request_path="/api/siswa/4712", request_body=body),
        scene.made("SISWA_UPDATE", None, **guru, **of, new_values=body),
        scene.made("HTTP_REQUEST", None, **{**guru, "request_id": "r-2"}, request_body={"answer": "mine"}),
    )
    lines, page = given("--user", "guru")
    assert [line["how"] for line in lines] == ["did"] * 3 and "Melati" not in page and scene.OTHER not in page
    assert [line.get("request_body") for line in lines] == [None, None, {"answer": "mine"}]


def test_a_request_in_other_letters_is_answered_too(given: Any) -> None:
    asked = SubjectRequest.objects.create(kind="export", username=USERNAME.upper(), asked_by="the mother")
    given("--user", USERNAME)
    asked.refresh_from_db()
    assert asked.state == "done" and asked.decided_at is not None


def test_a_namesakes_events_are_not_told(given: Any) -> None:
    of = {"entity_type": "siswa", "entity_name": NAME}
    write(*(scene.made("SISWA_UPDATE", None, entity_id=key, **of) for key in (scene.RECORD, "9")))
    lines, _page = given("--entity", "siswa", scene.RECORD)
    assert [line["entity_id"] for line in lines] == [scene.RECORD]


def test_who_looked_at_more_than_is_listed_is_told_as_who_may_have_seen_him(given: Any) -> None:
    stored()
    data = {"count": 300, "keys": ["1", "2"], "complete": False, "filter": scene.OTHER}
    for complete, kind in ((False, "siswa"), (True, "siswa"), (False, "kelas")):
        about = {"entity_type": kind, "event_data": {**data, "complete": complete}}
        write(scene.made("SISWA_EXPORT", None, username="guru", user_id=702, **about))
    lines, page = given("--entity", "siswa", scene.RECORD)
    (vague,) = [line for line in lines if line["how"] == "perhaps"]
    assert (vague["event_type"], vague["username"]) == ("SISWA_EXPORT", "guru") and "event_data" not in vague
    assert "you may be among them" in page and scene.OTHER not in page
