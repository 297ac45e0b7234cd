"""Which events are sensitive: those about a record of a sensitive model, and the requests in which they were made."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from edupro.school.models import PenghasilanOrtu, Siswa
from eventlog import EventLogger, bound
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.altering import forget
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
TheEvent = Callable[[str], Event]


@pytest.fixture
def boss(siswa: Siswa) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    forget()
    return client


def sensitive_types() -> set[str]:
    return set(Event.objects.filter(is_sensitive=True).values_list("event_type", flat=True))


def test_every_change_of_a_sensitive_model_is(siswa: Siswa) -> None:
    income = PenghasilanOrtu.objects.create(siswa=siswa)
    income.penghasilan_ayah = 1
    income.save()
    PenghasilanOrtu.objects.update(penghasilan_ibu=2)
    income.delete()
    kinds = ("CREATE", "UPDATE", "BULK_UPDATE", "DELETE")
    assert sensitive_types() == {f"PENGHASILAN_{kind}" for kind in kinds}


def test_what_is_told_by_hand_about_one_is(the_event: TheEvent) -> None:
    EventLogger().log_crud_event(None, "penghasilan", "READ", 3)
    assert the_event("PENGHASILAN_READ").is_sensitive


@pytest.mark.parametrize("given", [{"is_sensitive": True}, {"entity_type": "siswa"}, {"entity_type": ""}])
def test_whoever_tells_an_event_may_say_it(given: dict[str, Any], the_event: TheEvent) -> None:
    log_event("MAINTENANCE", **given)
    assert the_event("MAINTENANCE").is_sensitive is given.get("is_sensitive", False)


def test_who_says_that_it_is_not_is_believed(the_event: TheEvent) -> None:
    with bound(is_sensitive=False):
        log_event("PENGHASILAN_READ", entity_type="penghasilan")
    assert not the_event("PENGHASILAN_READ").is_sensitive


def test_a_model_is_sensitive_by_the_settings(event_log: Change, the_event: TheEvent) -> None:
    event_log(AUDITED_MODELS={"school.Siswa": {"sensitive": True}})
    Siswa.objects.create(nis="1", nama="Ani", kelas="X")
    assert the_event("SISWA_CREATE").is_sensitive


def test_a_request_that_changes_one_is(boss: Client, siswa: Siswa, the_event: TheEvent) -> None:
    boss.post("/api/penghasilan", {"siswa": siswa.pk, "penghasilan_ayah": 4}, "application/json")
    assert the_event("HTTP_REQUEST").is_sensitive and the_event("PENGHASILAN_CREATE").is_sensitive


@pytest.mark.parametrize("path", ["/api/penghasilan", "/admin/school/penghasilanortu/add/"])
def test_one_that_fails_is_too_for_its_body_says_the_same(path: str, boss: Client, the_event: TheEvent) -> None:
    boss.post(path, {"siswa": "0", "penghasilan_ayah": 4})
    assert the_event("HTTP_REQUEST").is_sensitive


def test_what_it_sent_is_in_no_excerpt_of_an_attack_either(boss: Client, the_event: TheEvent) -> None:
    boss.post("/api/penghasilan?q=<script>alert(2)", {"penghasilan_ayah": "5500000<script>alert(1)"})
    request, attack = the_event("HTTP_REQUEST"), the_event("XSS")
    found = [(threat["place"], bool(threat["excerpt"])) for threat in attack.threats]
    assert sorted(found) == [("body penghasilan_ayah", False), ("query q", True)]
    assert request.threats == attack.threats


def test_a_request_about_something_else_is_not(boss: Client, the_event: TheEvent) -> None:
    boss.get("/api/siswa")
    assert not the_event("HTTP_REQUEST").is_sensitive
