"""What was done to many records, to relations, and which were looked at, as the page of the event says it."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from django.utils.translation import override

from edupro.school.models import Siswa
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.admin.pages import HOSTILE, LIST, page_of, read_detail, reader_with

BULK = "SISWA_BULK_UPDATE"


@pytest.fixture
def auditor(db: None) -> Client:
    return reader_with("view_event")


def bulk(auditor: Client, **columns: Any) -> str:
    return read_detail(auditor, BULK, **{"action": "BULK_UPDATE", "entity_type": "siswa", **columns})


def rows(page: str) -> list[list[str]]:
    """The cells of the table of changes, as text."""
    body = page.partition('<table class="eventlog-changes')[2].partition("<tbody>")[2].partition("</table>")[0]
    cells = [row.replace("</th>", "</td>").split("</td>")[:-1] for row in body.split("</tr>")[:-1]]
    return [[strip_tags(cell) for cell in row] for row in cells]


# --- many records ---
def test_a_bulk_change_is_a_table_of_records(auditor: Client) -> None:
    before = {"kelas": {"1": "X-1", "2": "X-2"}}
    page = bulk(auditor, previous_values=before, event_data={"assigned": {"kelas": "XI-1"}, "count": 2})
    assert rows(page) == [["1", "Class", "X-1", "XI-1"], ["2", "Class", "X-2", "XI-1"]]


def test_values_that_differ_from_record_to_record_are_each_one_s_own(auditor: Client) -> None:
    before, after = {"nilai": {"1": 70, "2": 80}}, {"nilai": {"1": 71, "2": 81}}
    page = bulk(auditor, previous_values=before, new_values=after, event_data={"assigned": {"nilai": "F(nilai) + 1"}})
    assert rows(page) == [["1", "nilai", "70", "71"], ["2", "nilai", "80", "81"]]


def test_what_stayed_as_it_was_is_left_out(auditor: Client) -> None:
    before = {"kelas": {"1": "X", "2": "Y"}, "nama": {"1": "Budi", "2": "Ani"}}
    page = bulk(auditor, previous_values=before, event_data={"assigned": {"kelas": "X", "nama": "Ani"}})
    assert rows(page) == [["1", "Name", "Budi", "Ani"], ["2", "Class", "Y", "X"]]


def test_a_masked_field_is_told_as_changed(auditor: Client) -> None:
    masked = {"alamat": {"1": "[masked]"}}
    page = bulk(auditor, previous_values=masked, event_data={"assigned": {"alamat": "[masked]"}})
    assert rows(page) == [["1", "Address", "[masked]", "[masked]"]]


def test_a_secret_field_is_masked_for_each_record(auditor: Client) -> None:
    before = {"password": {"1": "x"}, "kelas": {"1": "X"}}
    page = bulk(auditor, previous_values=before, event_data={}, changed_fields=["password", "kelas"])
    assert rows(page) == [["1", "password", "[redacted]", ""], ["1", "Class", "X", ""]]


def test_deleted_records_have_nothing_after(auditor: Client) -> None:
    page = bulk(auditor, action="DELETE", previous_values={"nama": {"1": "Budi"}}, event_data={"filter": {}})
    assert rows(page) == [["1", "Name", "Budi", ""]]


def test_a_long_table_ends_after_fifty_rows_and_says_so(auditor: Client) -> None:
    before = {"kelas": {str(key): "X" for key in range(1, 1001)}}
    page = bulk(auditor, previous_values=before, event_data={"assigned": {"kelas": "Y"}})
    assert len(rows(page)) == 50 and "and 950 more" in page


def test_each_record_leads_to_its_events(auditor: Client) -> None:
    page = bulk(auditor, previous_values={"kelas": {"17": "X"}}, event_data={"assigned": {"kelas": "Y"}})
    assert f'<a href="{LIST}object/?type=siswa&amp;id=17">17</a>' in page


def test_a_bulk_change_says_how_many_were_chosen_by_what_and_what_was_set(auditor: Client) -> None:
    data = {
        "assigned": {"kelas": "XI"},
        "filter": {"kelas__in": ["X", "Y"], "not": {"nis": 7}},
        "count": 1500,
        "keys": ["1"],
    }
    page = bulk(auditor, event_data={**data, "complete": False})
    assert "1,500 records, the first 1 of them are kept here" in page and "and 1,450 more" in page
    assert '<div><span title="kelas__in">Class in</span> = <b>X, Y</b></div>' in page
    assert "<div>not = <b>(student number = 7)</b></div>" in page
    assert '<div><span title="kelas">Class</span> = <b>XI</b></div>' in page


def test_no_filter_is_said_in_words(auditor: Client) -> None:
    assert "no filter: all records" in bulk(auditor, event_data={"filter": {}, "count": 3})


def test_what_a_bulk_change_says_in_lines_of_its_own_is_not_repeated_as_data(auditor: Client) -> None:
    page = bulk(auditor, event_data={"count": 3, "keys": ["1"], "complete": True, "fixtures": ["siswa.json"]})
    data = page[page.index("<pre>") : page.index("</pre>")]
    assert "siswa.json" in data and "keys" not in data


def test_an_import_says_how_many_and_which(auditor: Client) -> None:
    data = {"count": 2, "keys": ["4", "5"], "complete": True, "created": 2, "conflicts": "ignored"}
    page = read_detail(
        auditor, "SISWA_BULK_IMPORT", entity_type="siswa", event_data=data, changed_fields=["nis", "nama"]
    )
    assert "2 records, 2 new, those there already were left alone" in page
    assert "type=siswa&amp;id=4" in page and "Student number, Name" in strip_tags(page)


def test_a_real_bulk_change_reads_well(auditor: Client) -> None:
    budi = Siswa.objects.create(nis="1", nama="Budi", kelas="X-1")
    Siswa.objects.filter(nis="1").update(kelas="XI-1")
    page = auditor.get(page_of(Event.objects.get(event_type=BULK))).content.decode()
    assert rows(page) == [[str(budi.pk), "Class", "X-1", "XI-1"]]


# --- one record ---
def test_members_of_a_relation_are_added_and_removed(auditor: Client) -> None:
    added = read_detail(auditor, "X_UPDATE", new_values={"tags": {"added": [3, 4]}})
    removed = read_detail(auditor, "X_UPDATE", previous_values={"tags": {"removed": ["a"]}})
    assert (rows(added), rows(removed)) == ([["tags", "", "added: 3, 4"]], [["tags", "removed: a", ""]])


def test_many_members_are_cut(auditor: Client) -> None:
    page = read_detail(auditor, "X_UPDATE", new_values={"tags": {"added": list(range(60))}})
    assert rows(page)[0][2].endswith("48, 49 and 10 more")


def test_masked_members_stay_masked(auditor: Client) -> None:
    assert rows(read_detail(auditor, "X_UPDATE", new_values={"tags": {"added": "[masked]"}})) == [
        ["tags", "", "added: [masked]"]
    ]


def test_a_key_is_shown_with_the_name_that_it_stands_for(auditor: Client) -> None:
    values = {"previous_values": {"siswa_id": 3}, "new_values": {"siswa_id": 4}}
    page = read_detail(
        auditor, "NILAI_UPDATE", entity_type="nilai", **values, event_data={"names": {"siswa_id": "Ani"}}
    )
    assert rows(page) == [["Student", "3", "4 (Ani)"]] and "<pre>" not in page


def test_a_field_is_called_as_its_model_calls_it_and_has_its_name_as_title(auditor: Client) -> None:
    values = {"previous_values": {"rata_rata": "80"}, "new_values": {"rata_rata": "85"}, "entity_type": "nilai"}
    event = log_event("NILAI_UPDATE", action="UPDATE", **values)
    for language, words in (("en", "Average"), ("id", "Rata-rata")):
        page = auditor.get(page_of(event), headers={"accept-language": language}).content.decode()
        assert f'<th scope="row"><span title="rata_rata">{words}</span></th>' in page


def test_a_masked_field_that_has_changed_is_not_shown_as_the_same(auditor: Client) -> None:
    masked = {"alamat": "[masked]"}
    page = read_detail(auditor, "X_UPDATE", previous_values=masked, new_values=masked, changed_fields=["alamat"])
    assert "eventlog-changed" in page and "eventlog-same" not in page


# --- looks ---
def test_a_list_that_was_read_says_which_records_of_how_many(auditor: Client) -> None:
    data = {"filter": {"kelas": "X"}, "count": 2, "keys": ["8", "9"], "complete": True, "total": 30, "page": 2}
    page = read_detail(auditor, "NILAI_READ", action="READ", entity_type="nilai", event_data=data)
    assert "2 of 30 records, page 2" in page and "type=nilai&amp;id=9" in page and "<div>kelas = <b>X</b></div>" in page


# --- anything ---
@pytest.mark.parametrize(
    "value", ["a", 7, ["a"], {"a": ["b"]}, {"a": {"b": None}}, {"keys": 1, "count": [], "names": 2}]
)
@pytest.mark.parametrize("event_type", [BULK, "SISWA_BULK_IMPORT", "SISWA_READ"])
def test_values_of_any_shape_are_shown(auditor: Client, value: Any, event_type: str) -> None:
    given = dict.fromkeys(("event_data", "previous_values", "new_values", "changed_fields"), value)
    assert "<h1>" in read_detail(auditor, event_type, entity_type="siswa", **given)


def test_what_outsiders_send_is_escaped(auditor: Client) -> None:
    values = {HOSTILE: {HOSTILE: HOSTILE}}
    data = {
        "assigned": {HOSTILE: HOSTILE},
        "filter": {HOSTILE: HOSTILE},
        "keys": [HOSTILE],
        "names": {HOSTILE: HOSTILE},
    }
    page = bulk(auditor, previous_values=values, event_data={**data, "conflicts": HOSTILE})
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_it_is_said_in_indonesian_too(auditor: Client) -> None:
    event = log_event(BULK, entity_type="siswa", event_data={"count": 2, "filter": {}})
    with override("id"):
        page = auditor.get(page_of(event), headers={"accept-language": "id"}).content.decode()
    assert "2 data" in page and "semua data" in page
