"""Changes of records: created, changed, deleted, with what was there before."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Upper
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Siswa
from eventlog import values
from eventlog.capture import changes
from eventlog.models import Event
from eventlog.registry import audit_of, audited, registry
from eventlog.tests.altering import forget

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


@pytest.fixture
def nilai(siswa: Siswa) -> NilaiRaport:
    row = NilaiRaport.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", matematika=70)
    forget()
    return row


def test_a_new_record_is_recorded_with_its_values(the_event: Find) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    event = the_event("SISWA_CREATE")
    assert (event.entity_type, event.entity_id, event.entity_name) == ("siswa", str(siswa.pk), "Citra (7)")
    assert (event.action, event.event_category, event.new_values["nama"]) == ("CREATE", "CRUD", "Citra")
    assert event.previous_values is None


def test_a_change_is_recorded_with_the_values_before_and_after(siswa: Siswa, the_event: Find) -> None:
    siswa.nama = "Budi Baru"
    siswa.save()
    event = the_event("SISWA_UPDATE")
    assert event.previous_values == {"nama": "Budi Santoso"}
    assert event.new_values == {"nama": "Budi Baru"}
    assert event.changed_fields == ["nama"]


def test_a_deletion_is_recorded_with_what_was_there(siswa: Siswa, the_event: Find) -> None:
    key = siswa.pk
    siswa.delete()
    event = the_event("SISWA_DELETE")
    assert (event.entity_id, event.previous_values["nama"], event.new_values) == (str(key), "Budi Santoso", None)


def test_what_goes_with_a_record_is_recorded_too(nilai: NilaiRaport, the_event: Find) -> None:
    nilai.siswa.delete()
    assert the_event("NILAI_DELETE").previous_values["matematika"] == 70


def test_a_deletion_through_a_queryset_is_recorded(nilai: NilaiRaport, the_event: Find) -> None:
    NilaiRaport.objects.all().delete()
    assert the_event("NILAI_DELETE").entity_id == str(nilai.pk) or nilai.pk is None


def test_saving_without_a_change_leaves_nothing(siswa: Siswa, types: Callable[[], list[str]]) -> None:
    siswa.save()
    Siswa.objects.get(pk=siswa.pk).save()
    assert types() == []


def test_old_values_are_the_databases_and_not_the_stale_instances(siswa: Siswa, the_event: Find) -> None:
    Siswa.objects.filter(pk=siswa.pk).update(nama="Somebody changed it")
    siswa.nama = "Mine"
    siswa.save()
    assert the_event("SISWA_UPDATE").previous_values == {"nama": "Somebody changed it"}


def test_a_stale_instance_that_overwrites_a_change_is_a_change(siswa: Siswa, the_event: Find) -> None:
    Siswa.objects.filter(pk=siswa.pk).update(kelas="XI-9")
    siswa.save()
    assert the_event("SISWA_UPDATE").changed_fields == ["kelas"]


def test_a_deletion_keeps_the_databases_values_and_not_the_stale_instances(siswa: Siswa, the_event: Find) -> None:
    siswa.nama = "Never saved"
    siswa.delete()
    assert the_event("SISWA_DELETE").previous_values["nama"] == "Budi Santoso"


def test_deleting_what_is_gone_already_is_no_deletion(siswa: Siswa, types: Callable[[], list[str]]) -> None:
    other = Siswa.objects.get(pk=siswa.pk)
    siswa.delete()
    other.delete()
    assert types() == ["SISWA_DELETE"]


@pytest.mark.parametrize("name", ["siswa", "siswa_id"])
def test_update_fields_count_by_either_name_of_a_foreign_key(nilai: NilaiRaport, the_event: Find, name: str) -> None:
    other = Siswa.objects.create(nis="8", nama="Dewi", kelas="X-1")
    nilai.siswa = other
    nilai.save(update_fields=[name])
    assert the_event("NILAI_UPDATE").new_values == {"siswa_id": other.pk}


def test_only_what_is_saved_counts(siswa: Siswa, the_event: Find) -> None:
    siswa.nama, siswa.kelas = "Baru", "XII-1"
    siswa.save(update_fields=["kelas"])
    assert the_event("SISWA_UPDATE").changed_fields == ["kelas"]


def test_saving_no_fields_at_all_leaves_nothing(siswa: Siswa, types: Callable[[], list[str]]) -> None:
    siswa.nama = "Baru"
    siswa.save(update_fields=[])
    assert types() == []


def test_of_an_expression_the_value_that_came_out_is_kept(siswa: Siswa, the_event: Find) -> None:
    siswa.nama = Upper(F("nama"))  # type: ignore[assignment]
    siswa.save()
    event = the_event("SISWA_UPDATE")
    assert (event.previous_values, event.new_values) == ({"nama": "Budi Santoso"}, {"nama": "BUDI SANTOSO"})


def test_an_expression_in_a_computed_row_is_kept_with_what_follows(nilai: NilaiRaport) -> None:
    nilai.matematika = F("matematika") + 10  # type: ignore[assignment]
    nilai.save()
    updates = Event.objects.filter(event_type="NILAI_UPDATE").order_by("id").values_list("new_values", flat=True)
    assert list(updates) == [{"matematika": 80}, {"rata_rata": "80.00"}]


def test_fields_that_were_not_loaded_are_not_asked_for(siswa: Siswa, the_event: Find) -> None:
    part = Siswa.objects.only("nama").get(pk=siswa.pk)
    part.nama = "Baru"
    part.save()
    assert the_event("SISWA_UPDATE").new_values == {"nama": "Baru"}


def test_numbers_given_as_text_are_no_change(nilai: NilaiRaport, types: Callable[[], list[str]]) -> None:
    nilai.matematika = "70"  # type: ignore[assignment]
    nilai.save()
    assert types() == []


def test_sensitive_fields_of_a_record_are_masked(siswa: Siswa, the_event: Find) -> None:
    siswa.email = "new@example.com"
    siswa.save()
    event = the_event("SISWA_UPDATE")
    assert event.changed_fields == ["email"] and "example.com" not in f"{event.previous_values}{event.new_values}"


def test_a_change_belongs_to_its_request(client: Client, siswa: Siswa, the_event: Find) -> None:
    client.post(f"/try/rename/{siswa.pk}/")
    change, request = the_event("SISWA_UPDATE"), the_event("HTTP_REQUEST")
    assert change.request_id == request.request_id != "" and change.ip_address == request.ip_address


def test_a_change_made_in_the_admin_is_recorded(client: Client, siswa: Siswa, admin_user: Any, the_event: Find) -> None:
    client.force_login(admin_user)
    client.post(f"/admin/school/siswa/{siswa.pk}/change/", {"nis": "1001", "nama": "Admin's", "kelas": "X-1"})
    assert (the_event("SISWA_UPDATE").username, the_event("SISWA_UPDATE").new_values["nama"]) == ("admin", "Admin's")


def test_a_model_that_is_not_audited_costs_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        ContentType.objects.create(app_label="x", model="y")
    assert not Event.objects.exists()


def test_where_it_is_switched_off_a_save_costs_nothing(
    siswa: Siswa, event_log: Callable[..., None], django_assert_num_queries: Any
) -> None:
    event_log(ENABLED=False)
    with django_assert_num_queries(1):
        siswa.save()


def test_a_sign_in_time_costs_no_look_at_the_old_row(ada: Any, direct: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        ada.save(update_fields=["last_login"])


def test_a_save_that_fails_leaves_nothing_on_the_instance(siswa: Siswa, direct: Callable[[], None]) -> None:
    siswa.nis = "x" * 100
    with pytest.raises(Exception, match="too long"):
        siswa.save()
    assert b"_eventlog" not in pickle.dumps(siswa)


def test_a_record_whose_name_cannot_be_told_is_recorded_by_its_key(
    siswa: Siswa, the_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Siswa, "__str__", lambda self: 1 / 0)
    siswa.kelas = "X-9"
    siswa.save()
    assert the_event("SISWA_UPDATE").entity_name == f"Siswa {siswa.pk}"


def test_a_field_that_cannot_read_its_own_value_does_not_stop_the_save() -> None:
    class Odd(models.CharField):
        def to_python(self, value: Any) -> Any:
            raise KeyError(value)

    assert values.normal(Odd(), "as it is") == "as it is"


def test_a_field_that_changes_texts_is_asked() -> None:
    class Loud(models.CharField):  # type: ignore[type-arg]
        def to_python(self, value: Any) -> Any:
            return str(value).upper()

    assert values.normal(Loud(), "putri") == "PUTRI"


def test_bytes_of_the_same_length_are_a_change() -> None:
    field = models.BinaryField()
    assert values.normal(field, b"abc") != values.normal(field, b"abd")


# --- which models, and how ---
def test_options_name_the_entity_and_choose_its_fields(
    siswa: Siswa, event_log: Callable[..., None], the_event: Find
) -> None:
    event_log(AUDITED_MODELS={"school.Siswa": {"name": "murid", "fields": ["nama", "kelas"], "mask": ["kelas"]}})
    siswa.nama, siswa.kelas, siswa.alamat = "Baru", "X-9", "Jalan Baru"
    siswa.save()
    event = the_event("MURID_UPDATE")
    assert (event.entity_type, event.new_values) == ("murid", {"nama": "Baru", "kelas": "[masked]"})
    assert event.previous_values["kelas"] == "[masked]"


def test_a_change_of_excluded_fields_only_leaves_nothing(
    siswa: Siswa, event_log: Callable[..., None], types: Callable[[], list[str]]
) -> None:
    event_log(AUDITED_MODELS={"school.Siswa": {"name": "siswa", "exclude": ["kelas"]}})
    siswa.kelas = "X-9"
    siswa.save()
    assert types() == []


@pytest.mark.parametrize("name", ["siswa", "siswa_id"])
def test_options_may_call_a_foreign_key_by_either_name(
    nilai: NilaiRaport, event_log: Callable[..., None], the_event: Find, name: str
) -> None:
    event_log(AUDITED_MODELS={"school.NilaiRaport": {"name": "nilai", "mask": [name], "exclude": ["rata_rata"]}})
    nilai.delete()
    event = the_event("NILAI_DELETE")
    assert event.previous_values["siswa_id"] == "[masked]" and "rata_rata" not in event.previous_values


def test_a_list_of_models_names_them_by_themselves(event_log: Callable[..., None]) -> None:
    event_log(AUDITED_MODELS=["school.Siswa"])
    audit = audit_of(Siswa)
    assert audit is not None and audit.name == "siswa" and audit_of(NilaiRaport) is None


def test_a_star_means_all_but_bookkeeping_and_what_is_excluded(event_log: Callable[..., None]) -> None:
    event_log(AUDITED_MODELS="*", EXCLUDED_MODELS=["school.NilaiRaport"])
    assert audit_of(Siswa) and audit_of(PenghasilanOrtu)
    assert not audit_of(NilaiRaport) and not audit_of(ContentType) and not audit_of(Event)


def test_what_is_excluded_leaves_nothing(event_log: Callable[..., None], types: Callable[[], list[str]]) -> None:
    event_log(AUDITED_MODELS="*", EXCLUDED_MODELS=["school.Siswa"])
    Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    assert types() == []


def test_settings_that_change_are_noticed(event_log: Callable[..., None]) -> None:
    for _ in range(20):  # a new mapping may lie where the old one was
        event_log(AUDITED_MODELS={"school.Siswa": {"name": "murid"}})
        assert audit_of(Siswa).name == "murid"  # type: ignore[union-attr]
        event_log(AUDITED_MODELS={"school.Siswa": {"name": "siswa"}})
        assert audit_of(Siswa).name == "siswa"  # type: ignore[union-attr]


@pytest.fixture
def forgets_choices() -> Any:
    yield
    registry.chosen.clear()
    registry.found.clear()


def test_a_model_may_be_audited_beside_its_class(
    event_log: Callable[..., None], the_event: Find, forgets_choices: None
) -> None:
    event_log(AUDITED_MODELS={})
    assert audited(Siswa, name="murid", mask=("nis",)) is Siswa
    Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    assert the_event("MURID_CREATE").new_values["nis"] == "[masked]"


def test_a_decorator_audits_its_class(forgets_choices: None) -> None:
    decorate = audited(name="murid")
    assert decorate(Siswa) is Siswa and audit_of(Siswa).name == "murid"  # type: ignore[union-attr]


@isolate_apps("edupro.school")
def test_a_proxy_is_audited_as_what_it_stands_for(forgets_choices: None) -> None:
    class Lulusan(Siswa):
        class Meta:
            proxy = True
            app_label = "school"

    assert audit_of(Lulusan) == audit_of(Siswa)
    audited(Lulusan, name="lulusan")
    changes.connect_model(Lulusan)
    assert audit_of(Siswa).name == "lulusan"  # type: ignore[union-attr]


def test_an_update_asks_for_the_old_row_once(siswa: Siswa, direct: Callable[[], None]) -> None:
    siswa.nama = "Baru"
    siswa.save()  # whether there is an outbox is asked once a process
    siswa.nama = "Lagi"
    with CaptureQueriesContext(connection) as captured:
        siswa.save()
    assert [query["sql"].split(" ")[0] for query in captured] == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
