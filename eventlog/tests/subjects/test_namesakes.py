"""Who is called alike, or whose name has the person's in it, keeps his; and former names are the person's, too."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError

from eventlog.models import Event
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import id_of, write
from eventlog.tests.retention.archives import verified
from eventlog.tests.subjects.scene import made
from eventlog.tests.subjects.test_erase import erase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def stored(*records: bytes) -> list[Event]:
    write(*records)
    wait_for_others()
    return [Event.objects.get(pk=id_of(record)) for record in records]


def siswa(key: str, name: str, **columns: Any) -> bytes:
    of = {"entity_type": "siswa", "entity_id": key, "entity_name": name, "new_values": {"nama": name}}
    return made("SISWA_UPDATE", None, **{**of, **columns})


def again(event: Event) -> Event:
    event.refresh_from_db()
    return event


def test_a_namesake_is_still_found_by_his_name() -> None:
    _his, other = stored(siswa("1", "Ayu Lestari"), siswa("2", "Ayu Lestari"))
    words = other.search_text
    erase("--entity", "siswa", "1")
    assert "Ayu Lestari" in words and again(other).search_text == words and other.erased_at is None


def test_who_has_one_name_takes_nothing_from_who_has_it_among_others() -> None:
    whole = {"rows": [{"nama": "Budi Santoso", "alamat": "Jalan Melati 3"}]}
    mark = {"entity_type": "nilai", "entity_id": "9", "entity_name": "Budi Santoso – X/1"}
    _his, other, imported, marked = stored(
        siswa("1", "Budi"), siswa("2", "Budi Santoso"), made("HTTP_REQUEST", None, request_body=whole),
        made("NILAI_UPDATE", None, **mark),
    )  # fmt: skip
    erase("--entity", "siswa", "1")
    assert again(other).new_values == {"nama": "Budi Santoso"} and other.erased_at is None
    assert again(imported).request_body == whole
    assert again(marked).entity_name == "Budi Santoso – X/1" and marked.search_text.endswith("Santoso – X/1")


def test_an_account_whose_name_begins_alike_keeps_it() -> None:
    _his, tried, told = stored(
        made("LOGIN", None, username="ani", user_id=5),
        made("LOGIN_FAILED", None, username="ani.wijaya"),
        made("BRUTE_FORCE", None, event_data={"of": [{"username": "ani.wijaya", "n": 3}, {"username": "ani", "n": 1}]}),
    )
    erase("--user", "ani")
    assert again(tried).username == "ani.wijaya"
    assert again(told).event_data == {"of": [{"username": "ani.wijaya", "n": 3}, "[erased]"]}


def test_an_account_that_is_called_as_a_part_of_the_program_leaves_paths_as_they_are() -> None:
    _his, seen = stored(
        made("LOGIN", None, username="admin", user_id=5),
        made("HTTP_REQUEST", None, username="ida", user_id=6, request_path="/admin/eventlog/event/"),
    )
    erase("--user", "admin")
    assert again(seen).request_path == "/admin/eventlog/event/"
    assert not Event.objects.filter(username="admin").exists()


def test_former_names_are_struck_too() -> None:
    User.objects.create_user("ani.w", pk=5, first_name="Ani", last_name="Wijaya")
    before = {"username": "ani.s", "last_name": "Suryani"}
    changed = {
        "entity_type": "user",
        "entity_id": "5",
        "previous_values": before,
        "new_values": {"last_name": "Wijaya"},
    }
    *_, told = stored(
        made("USER_UPDATE", None, **changed),
        made("MAINTENANCE", None, reason="Ani Suryani, then Ani Wijaya (ani.s, ani.w)"),
    )
    erase("--user", "ani.w")
    assert again(told).reason == "[erased], then [erased] ([erased], [erased])"


def test_a_name_that_several_accounts_had_is_no_name_to_erase_by() -> None:
    mine, other = stored(*(made("LOGIN", None, username="ani", user_id=key) for key in (5, 6)))
    with pytest.raises(CommandError, match="several accounts had this name: give the number of one, 5, 6"):
        erase("--user", "ani")
    assert again(mine).username == again(other).username == "ani"
    erase("--user", "6")
    assert again(mine).username == "ani" and again(other).username == ""


def test_a_name_behind_a_line_break_is_found_in_json(folder: Path) -> None:
    _his, told = stored(
        siswa("1", "Ayu Lestari"), made("MAINTENANCE", None, event_data={"note": "Today:\nAyu Lestari"})
    )
    erase("--entity", "siswa", "1")
    assert again(told).event_data == {"note": "Today:\n[erased]"} and verified().findings == ()
