"""Looking at records, where it is asked for: one event for a record, one for a list, and nothing done in views."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Siswa
from eventlog import EventLogger
from eventlog.capture import reads
from eventlog.models import Event
from eventlog.registry import audited, registry
from eventlog.tests.altering import forget
from eventlog.tests.conftest import Change
from eventlog.tests.zoo.models import Odd, TameAnimal

pytestmark = pytest.mark.django_db
READ = "NILAI_READ"
Bearer = Callable[[User], dict[str, Any]]
Types = Callable[[], list[str]]
TheEvent = Callable[[str], Event]


@pytest.fixture(autouse=True)
def views(settings: Settings, site: None) -> None:
    settings.ROOT_URLCONF = "eventlog.tests.capture.shown"


@pytest.fixture
def marks(siswa: Siswa) -> list[NilaiRaport]:
    """Three of one student: 70, 80 and 90."""
    times = [(1, "2023/2024"), (2, "2023/2024"), (1, "2024/2025")]
    made = [
        NilaiRaport.objects.create(siswa=siswa, semester=semester, tahun_ajaran=year, matematika=70 + 10 * number)
        for number, (semester, year) in enumerate(times)
    ]
    forget()
    return made


@pytest.fixture
def nilai(marks: list[NilaiRaport]) -> NilaiRaport:
    return marks[0]


@pytest.fixture
def keys(marks: list[NilaiRaport]) -> list[str]:
    return [str(nilai.pk) for nilai in marks]


@pytest.fixture
def boss(db: None) -> Client:
    """The admin's, as a superuser."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("boss"))
    forget()
    return client


def got(client: Client, path: str, **kwargs: Any) -> bytes:
    response = client.get(path, **kwargs)
    assert response.status_code == 200
    return response.getvalue()


def shown(event: Event) -> dict[str, Any]:
    data = event.event_data
    assert isinstance(data, dict)
    return data


# --- REST framework ---
def test_a_retrieved_record_is_read(
    client: Client, ada: User, bearer: Bearer, nilai: NilaiRaport, the_event: TheEvent
) -> None:
    got(client, f"/api/nilai/{nilai.pk}", **bearer(ada))
    event = the_event(READ)
    told = (event.event_category, event.action, event.severity, event.entity_type, event.entity_id, event.entity_name)
    assert told == ("CRUD", "READ", "debug", "nilai", str(nilai.pk), str(nilai))


def test_a_reading_says_who_where_and_in_which_request(
    client: Client, ada: User, bearer: Bearer, nilai: NilaiRaport, the_event: TheEvent
) -> None:
    got(client, f"/api/nilai/{nilai.pk}", **bearer(ada))
    event, request = the_event(READ), the_event("HTTP_REQUEST")
    assert (event.user_id, event.username, event.auth_method) == (ada.pk, "ada", "jwt")
    assert (event.endpoint, event.ip_address) == ("/api/nilai/{id}", "127.0.0.1")
    assert event.request_id == request.request_id and event.request_path == request.request_path


def test_a_list_is_read_once_with_its_keys(
    client: Client, ada: User, bearer: Bearer, keys: list[str], the_event: TheEvent
) -> None:
    got(client, "/api/nilai", **bearer(ada))
    event = the_event(READ)
    data = shown(event)
    assert set(data.pop("keys")) == set(keys) and data == {"filter": {}, "count": 3, "complete": True}
    assert (event.entity_type, event.entity_id, event.entity_name) == ("nilai", "", "")


def test_a_list_is_read_with_its_filter(
    client: Client, ada: User, bearer: Bearer, keys: list[str], the_event: TheEvent
) -> None:
    got(client, "/api/nilai?semester=2&kelas=X-1&ordering=id", **bearer(ada))
    data = shown(the_event(READ))
    assert data["filter"] == {"semester": "2", "kelas": "X-1", "ordering": "id"} and data["keys"] == [keys[1]]


def test_secrets_in_a_filter_are_masked(client: Client, marks: list[NilaiRaport], the_event: TheEvent) -> None:
    got(client, "/show/all/?token=abc123&kelas=X")
    assert shown(the_event(READ))["filter"] == {"token": "[redacted]", "kelas": "X"}


def test_a_list_that_finds_nothing_was_asked_for_too(
    client: Client, ada: User, bearer: Bearer, the_event: TheEvent
) -> None:
    got(client, "/api/nilai?search=nobody", **bearer(ada))
    data = {"filter": {"search": "nobody"}, "count": 0, "keys": [], "complete": True}
    assert shown(the_event(READ)) == data


def test_a_page_says_which_of_how_many(client: Client, keys: list[str], the_event: TheEvent) -> None:
    got(client, "/show/pages/?page=2")
    data = {"filter": {"page": "2"}, "count": 1, "keys": keys[2:], "complete": True, "total": 3, "page": 2}
    assert shown(the_event(READ)) == data


def test_a_list_without_pages_is_read_from_what_the_serializer_has_read(
    client: Client, keys: list[str], the_event: TheEvent
) -> None:
    got(client, "/show/all/")
    assert shown(the_event(READ))["keys"] == keys


def test_of_a_long_list_a_hundred_keys_are_kept(
    client: Client, ada: User, bearer: Bearer, siswa: Siswa, the_event: TheEvent
) -> None:
    for year in range(2000, 2060):
        for semester in (1, 2):
            NilaiRaport(siswa=siswa, semester=semester, tahun_ajaran=f"{year}/{year + 1}").save()
    forget()
    got(client, "/api/nilai?page_size=120", **bearer(ada))
    data = shown(the_event(READ))
    assert (data["count"], len(data["keys"]), data["complete"]) == (120, 100, False)


def test_a_list_made_without_a_serializer_is_read(client: Client, keys: list[str], the_event: TheEvent) -> None:
    got(client, "/show/by-hand/")
    assert sorted(shown(the_event(READ))["keys"]) == sorted(keys)


def test_a_record_shown_without_a_serializer_is_known_by_its_address(
    client: Client, nilai: NilaiRaport, the_event: TheEvent
) -> None:
    got(client, f"/show/by-hand/{nilai.pk}/")
    assert (the_event(READ).entity_id, the_event(READ).entity_name) == (str(nilai.pk), "")


def test_what_is_only_computed_from_records_is_no_reading(
    client: Client, marks: list[NilaiRaport], types: Types
) -> None:
    got(client, "/show/average/")
    assert types() == []


def test_an_answer_out_of_a_cache_is_read_as_well(client: Client, keys: list[str]) -> None:
    got(client, "/show/cached/")
    got(client, "/show/cached/")
    events = Event.objects.filter(event_type=READ)
    assert [shown(event)["keys"] for event in events] == [keys, keys]


def test_a_record_found_by_another_field_is_known_by_its_key(
    client: Client, marks: list[NilaiRaport], the_event: TheEvent
) -> None:
    got(client, "/show/semester/2/")
    assert the_event(READ).entity_id == str(marks[1].pk)


def test_what_is_nested_in_another_record_is_not_told(client: Client, marks: list[NilaiRaport], types: Types) -> None:
    assert b'"nilai":[{' in got(client, "/show/students/")
    assert types() == []


def test_two_kinds_of_records_in_one_answer_are_two_readings(
    client: Client, marks: list[NilaiRaport], types: Types
) -> None:
    PenghasilanOrtu.objects.create(siswa=marks[0].siswa)
    forget()
    got(client, "/show/overview/")
    assert types() == ["NILAI_READ", "PENGHASILAN_READ"]


def test_who_has_seen_a_record_is_answered_for_lists_too(
    client: Client, ada: User, bearer: Bearer, nilai: NilaiRaport
) -> None:
    got(client, f"/api/nilai/{nilai.pk}", **bearer(ada))
    got(client, "/api/nilai", **bearer(ada))
    seen = Q(entity_id=str(nilai.pk)) | Q(event_data__contains={"keys": [str(nilai.pk)]})
    assert Event.objects.filter(seen, entity_type="nilai", username="ada").count() == 2


# --- the admin ---
@pytest.mark.parametrize("page", ["change/", "history/", "delete/"])
def test_a_page_about_a_record_is_a_reading_of_it(
    boss: Client, nilai: NilaiRaport, the_event: TheEvent, page: str
) -> None:
    got(boss, f"/admin/school/nilairaport/{nilai.pk}/{page}")
    event = the_event(READ)
    name = str(NilaiRaport.objects.select_related("siswa").get(pk=nilai.pk))  # as the page's heading says it
    assert (event.entity_id, event.entity_name, event.username) == (str(nilai.pk), name, "boss")


def test_a_form_that_comes_back_shows_its_record_again(boss: Client, nilai: NilaiRaport, the_event: TheEvent) -> None:
    assert boss.post(f"/admin/school/nilairaport/{nilai.pk}/change/", {"matematika": "x"}).status_code == 200
    assert the_event(READ).entity_id == str(nilai.pk)


def test_saving_a_form_is_no_reading(boss: Client, nilai: NilaiRaport, types: Types) -> None:
    fields = {"siswa": nilai.siswa_id, "semester": "2", "tahun_ajaran": "2030/2031", "matematika": "71"}
    assert boss.post(f"/admin/school/nilairaport/{nilai.pk}/change/", fields).status_code == 302
    assert types() == ["NILAI_UPDATE"]


def test_an_empty_form_shows_no_record(boss: Client, types: Types) -> None:
    got(boss, "/admin/school/nilairaport/add/")
    assert types() == []


def test_the_list_of_the_admin_is_read_once(boss: Client, keys: list[str], the_event: TheEvent) -> None:
    got(boss, "/admin/school/nilairaport/?semester=1&q=Budi")
    event = the_event(READ)
    data = shown(event)
    assert data["filter"] == {"semester": "1", "q": "Budi"} and set(data["keys"]) == {keys[0], keys[2]}
    assert (data["count"], data["total"], data["page"], event.entity_id) == (2, 2, 1, "")


def test_suggestions_are_read_as_a_list(boss: Client, siswa: Siswa, the_event: TheEvent, event_log: Change) -> None:
    event_log(AUDITED_MODELS={"school.Siswa": {"name": "siswa", "read": True}})
    asked = "term=budi&app_label=school&model_name=nilairaport&field_name=siswa"
    assert b"Budi Santoso" in got(boss, f"/admin/autocomplete/?{asked}")
    data = shown(the_event("SISWA_READ"))
    assert (data["count"], data["keys"], data["filter"]["term"]) == (1, [str(siswa.pk)], "budi")


def test_a_file_of_chosen_records_is_a_reading(boss: Client, keys: list[str], the_event: TheEvent) -> None:
    chosen = {"action": "download", "_selected_action": keys}
    assert boss.post("/second/school/nilairaport/", chosen).content == b"70,80"
    assert the_event(READ).endpoint == "/second/school/nilairaport/"


def test_another_admin_site_is_seen_too(boss: Client, nilai: NilaiRaport, the_event: TheEvent) -> None:
    got(boss, f"/second/school/nilairaport/{nilai.pk}/change/")
    assert the_event(READ).entity_id == str(nilai.pk)


def test_a_proxy_is_read_as_its_model_and_noted() -> None:
    animal = TameAnimal(pk=7, name="Rex")
    assert reads.One(TameAnimal, animal).columns("animal", None)["event_data"] == {"proxy": "zoo.TameAnimal"}
    assert reads.Several(TameAnimal, [animal]).columns("animal", None)["event_data"]["proxy"] == "zoo.TameAnimal"


# --- Django's generic views ---
def test_a_detail_is_a_reading(client: Client, nilai: NilaiRaport, the_event: TheEvent) -> None:
    got(client, f"/show/{nilai.pk}/")
    assert the_event(READ).entity_id == str(nilai.pk)


def test_a_page_of_a_generic_list_is_read_once(client: Client, keys: list[str], the_event: TheEvent) -> None:
    got(client, "/show/?page=2")
    data = {"filter": {"page": "2"}, "count": 1, "keys": keys[2:], "complete": True, "total": 3, "page": 2}
    assert shown(the_event(READ)) == data


def test_a_list_that_its_template_has_not_read_is_not_counted(
    client: Client, marks: list[NilaiRaport], the_event: TheEvent
) -> None:
    got(client, "/show/unread/?kelas=X")
    assert shown(the_event(READ)) == {"filter": {"kelas": "X"}}


def test_a_file_by_hand_is_a_reading_of_what_its_view_names(
    client: Client, nilai: NilaiRaport, the_event: TheEvent
) -> None:
    got(client, f"/show/{nilai.pk}/sheet/")
    assert the_event(READ).entity_id == str(nilai.pk)


@pytest.mark.parametrize("path", ["/api/nilai/template", "/admin/school/nilairaport/template/"])
def test_an_empty_table_to_fill_in_shows_no_records(
    boss: Client, marks: list[NilaiRaport], types: Types, settings: Settings, path: str
) -> None:
    settings.ROOT_URLCONF = "edupro.urls"
    response = boss.get(path)
    assert response.status_code == 200 and response.getvalue()
    assert not [each for each in types() if each.startswith("NILAI")]


@pytest.mark.parametrize("disposition", ["attachment", 'Attachment; filename="nilai.csv"'])
def test_records_that_leave_as_a_file_are_exported(
    client: Client, marks: list[NilaiRaport], the_event: TheEvent, disposition: str
) -> None:
    got(client, f"/show/export/?disposition={quote(disposition)}")
    event = the_event("NILAI_EXPORT")
    assert (event.action, event.severity) == ("EXPORT", "low")


def test_a_stream_is_told_when_it_ends(client: Client, marks: list[NilaiRaport], types: Types) -> None:
    response = client.get("/show/export/?kelas=X")
    before = types()
    response.getvalue()
    assert (before, types()) == ([], [READ])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/show/{}/async/", "/show/{}/"])
def test_what_is_answered_on_the_event_loop_is_seen(
    direct: Callable[[], None], async_client: AsyncClient, nilai: NilaiRaport, the_event: TheEvent, path: str
) -> None:
    async_to_sync(async_client.get)(path.format(nilai.pk))
    direct()
    assert the_event(READ).entity_id == str(nilai.pk)


# --- what is none ---
@pytest.mark.parametrize("path", ["/api/nilai", "/api/nilai/{}", "/show/{}/", "/show/{}/sheet/", "/show/all/"])
def test_asking_for_the_head_is_no_reading(
    client: Client, ada: User, bearer: Bearer, nilai: NilaiRaport, types: Types, path: str
) -> None:
    assert client.head(path.format(nilai.pk), **bearer(ada)).status_code == 200
    assert types() == []


@pytest.mark.parametrize("path", ["/api/nilai", "/api/nilai/{}", "/admin/school/nilairaport/{}/change/"])
def test_who_is_refused_has_read_nothing(client: Client, nilai: NilaiRaport, types: Types, path: str) -> None:
    assert client.get(path.format(nilai.pk)).status_code in (302, 401)
    assert READ not in types()


@pytest.mark.parametrize("path", ["/api/nilai/0", "/show/0/", "/api/nilai?cursor=x"])
def test_what_is_not_there_was_not_read(client: Client, ada: User, bearer: Bearer, types: Types, path: str) -> None:
    assert client.get(path, **bearer(ada)).status_code in (400, 404)
    assert types() == []


def test_a_role_that_may_not_look_has_read_nothing(client: Client, ada: User, bearer: Bearer, types: Types) -> None:
    assert client.get("/api/penghasilan", **bearer(ada)).status_code == 403
    assert types() == ["UNAUTHORIZED_ACCESS"]


def test_a_view_that_fails_has_shown_nothing(client: Client, nilai: NilaiRaport, types: Types) -> None:
    assert client.get(f"/show/{nilai.pk}/broken/").status_code == 500
    assert types() == ["ERROR_500"]


def test_a_change_through_the_api_is_no_reading(
    client: Client, ada: User, bearer: Bearer, nilai: NilaiRaport, types: Types
) -> None:
    client.patch(f"/api/nilai/{nilai.pk}", {"matematika": 71}, content_type="application/json", **bearer(ada))
    assert types() == ["NILAI_UPDATE"]


@pytest.mark.parametrize("path", ["/api/siswa", "/api/siswa/{}"])
def test_models_without_read_leave_none(
    client: Client, ada: User, bearer: Bearer, siswa: Siswa, types: Types, path: str
) -> None:
    got(client, path.format(siswa.pk), **bearer(ada))
    assert types() == []


# --- at no cost, and for good ---
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    [
        "/api/nilai",
        "/api/nilai/{}",
        "/show/{}/",
        "/show/",
        "/show/unread/",
        "/show/pages/",
        "/show/semester/2/",
        "/admin/school/nilairaport/",
        "/admin/school/nilairaport/{}/change/",
        "/admin/school/nilairaport/{}/history/",
    ],
)
def test_reading_adds_no_query(
    direct: Callable[[], None], boss: Client, nilai: NilaiRaport, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            got(boss, path.format(nilai.pk))
        return len(captured)

    queries()  # content types and the like are remembered
    seen = queries()
    direct()
    assert Event.objects.filter(event_type=READ).count() == 2
    monkeypatch.setattr(reads, "tell", lambda *args: None)
    assert queries() == seen


def test_a_record_that_must_ask_for_its_name_is_told_by_its_key() -> None:
    odd = Odd.objects.create(how="query")
    assert reads.One(Odd, odd).columns("odd", None)["entity_name"] == f"Odd {odd.pk}"


@pytest.mark.django_db(transaction=True)
def test_a_reading_outlives_the_transaction_that_it_was_in(
    direct: Callable[[], None], client: Client, nilai: NilaiRaport, the_event: TheEvent
) -> None:
    got(client, f"/show/{nilai.pk}/rolling/")
    direct()
    assert the_event(READ).entity_id == str(nilai.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["READ", "EXPORT"])
def test_a_look_told_by_hand_is_not_undone_with_the_transaction_around_it(
    direct: Callable[[], None], the_event: TheEvent, action: str
) -> None:
    with transaction.atomic():
        EventLogger().log_crud_event(None, "siswa", action, 7)
        transaction.set_rollback(True)
    direct()
    assert the_event(f"SISWA_{action}").entity_id == "7"


@pytest.mark.django_db(transaction=True)
def test_a_reading_is_not_in_the_outbox(direct: Callable[[], None]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        EventLogger().log_crud_event(None, "siswa", "READ", 7)
        cursor.execute("SELECT count(*) FROM event_outbox")
        assert cursor.fetchone() == (0,)


def test_a_model_that_is_asked_for_beside_its_class_is_read(
    client: Client, ada: User, bearer: Bearer, siswa: Siswa, the_event: TheEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "chosen", {})
    monkeypatch.setattr(registry, "found", {})
    audited(Siswa, name="murid", read=True)
    got(client, f"/api/siswa/{siswa.pk}", **bearer(ada))
    assert the_event("MURID_READ").entity_name == str(siswa)
