"""Who sees which event where: each role, each event, each way to ask, by the contract.

superusers all; `view_event` all but SECURITY; `view_security` SECURITY too; a teacher what happened to the records of
his students; anyone else only their own; strangers nothing. Not yours is 404.
"""

import orjson
import pytest
from django.contrib.auth.models import Group, Permission, User
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from edupro.prediction.models import ModelVersion, Prediksi
from edupro.school.models import KelasGuru, NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from eventlog.api.pagination import ORDERINGS, Place
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.api.streaming import hear
from eventlog.tests.finished import wait_for_others

pytestmark = pytest.mark.django_db
ROLES = ("anonymous", "siswa", "guru", "auditor", "security", "admin", "superuser")
OWN = "own"
OTHERS = "another's"
RECORDS = ("student", "mark", "attendance", "prediction")  # of a student of the teacher's class
HIDDEN_RECORDS = ("income", "elsewhere", "several")
FINDING = "finding"
SOMEBODY = 987_654  # whoever has done what is not one's own
ABOUT = {"ip_address": "10.9.8.7", "endpoint": "/api/siswa/{id}", "response_time_ms": 5.0, "risk_score": 10}
TYPES = {OTHERS: "LOGIN_FAILED", "student": "HTTP_REQUEST", FINDING: "SQL_INJECTION"}
PERMISSIONS = {"auditor": ["view_event"], "security": ["view_event", "view_security"]}
ALL = {OWN, OTHERS, *RECORDS, *HIDDEN_RECORDS}
SEEN = {
    "anonymous": set(),
    "siswa": {OWN},
    "guru": {OWN, *RECORDS},
    "auditor": ALL,
    "security": {*ALL, FINDING},
    "admin": ALL,
    "superuser": {*ALL, FINDING},
}


@pytest.fixture
def unseen(db, event_log):
    """What is made before the log is filled leaves no events: each costs as much as what is made."""
    event_log(ENABLED=False)


@pytest.fixture
def records(unseen):
    """{name: entity's columns}: what belongs to a student of the teacher's class, and what does not."""
    here, there = (Siswa.objects.create(nis=kelas, nama="Budi", kelas=kelas) for kelas in ("X-1", "X-2"))
    semester = {"siswa": here, "semester": 1, "tahun_ajaran": "2025/2026"}
    version = ModelVersion.objects.create(number=1)
    made = {
        "student": ("siswa", here),
        "mark": ("nilai", NilaiRaport.objects.create(**semester)),
        "attendance": ("presensi", Presensi.objects.create(**semester)),
        "prediction": ("prestasi", Prediksi.objects.create(siswa=here, version=version, result="Tinggi")),
        "income": ("penghasilan", PenghasilanOrtu.objects.create(siswa=here)),
        "elsewhere": ("siswa", there),
        FINDING: ("siswa", here),
    }
    return {name: {"entity_type": kind, "entity_id": str(record.pk)} for name, (kind, record) in made.items()}


@pytest.fixture
def log(records, event_log):
    """Fills the log for a user: {id: name} of one event of each kind; nothing else is recorded."""

    def filled(user):
        event_log(ENABLED=True)
        keys = [records[name]["entity_id"] for name in ("student", "elsewhere")]
        several = {"entity_type": "siswa", "event_data": {"keys": keys, "count": 2, "complete": True}}
        records_of = {OTHERS: {}, "several": several, **records}
        made = {log_event("LOGIN", user_id=user.pk, **ABOUT).id: OWN} if user else {}
        for name, columns in records_of.items():
            made[log_event(TYPES.get(name, "SISWA_UPDATE"), user_id=SOMEBODY, **ABOUT, **columns).id] = name
        event_log(ENABLED=False)
        return {str(key): name for key, name in made.items()}

    return filled


@pytest.fixture(params=ROLES)
def role(request):
    return request.param


@pytest.fixture
def user(unseen, role):
    if role == "anonymous":
        return None
    found = User.objects.create_user("ada", is_superuser=role == "superuser")
    found.groups.set(Group.objects.filter(name=role))
    found.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS.get(role, ())))
    KelasGuru.objects.create(user=found, kelas="X-1")  # which only a teacher has any use for
    return found


@pytest.fixture
def ask(user):
    client = APIClient()
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return lambda path: client.get(f"/api/events{path}")


def shown(answer, made):
    """The names of the events in an answer; nothing where there is no answer."""
    if answer.status_code != 200:
        return set()
    body = answer.json()
    events = body if isinstance(body, list) else body.get("results", body.get("timeline"))
    return {made[event["id"]] for event in events}


LISTS = ("", "?limit=1000", "/recent", "?q=ip:10.9.8.7", "?ip=10.9.8.0/24&ordering=timestamp", "?q=-type:EXPORT")
FILTERS = {  # and what of all events they choose
    "category=SECURITY": {FINDING},
    "type=SQL_INJECTION,LOGIN_FAILED": {FINDING, OTHERS},
    f"user={SOMEBODY}": {*ALL, FINDING} - {OWN},
    "q=category:SECURITY or type:LOGIN": {FINDING, OWN},
    "entity=siswa": {FINDING, "student", "elsewhere", "several"},
}
EXPORTS = ("csv", "ndjson", "ocsf", "ecs", "cef")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_exactly_what_the_role_sees(ask, log, user, role, path):
    answer = ask(path)
    assert answer.status_code == (200 if user else 401)
    made = log(user)
    assert shown(ask(path), made) == SEEN[role]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_no_order_and_no_page_shows_more(ask, log, user, role, ordering):
    made, seen = log(user), []
    url = f"?ordering={ordering}&limit=2"
    while url:
        answer = ask(url)
        seen += shown(answer, made)
        url = (answer.json().get("next") or "").rpartition("/api/events")[2]
    assert sorted(seen) == sorted(SEEN[role])


def test_a_place_that_somebody_else_was_given_shows_no_more(ask, log, user, role):
    made = log(user)
    finding = Event.objects.get(event_category="SECURITY")
    for back, beyond in ((True, "gte"), (False, "lte")):
        cursor = Place(finding.timestamp, str(finding.id), back).written()
        there = Event.objects.filter(**{f"timestamp__{beyond}": finding.timestamp}).exclude(id=finding.id)
        expected = {made[str(key)] for key in there.values_list("id", flat=True)} & SEEN[role]
        assert shown(ask(f"?cursor={cursor}"), made) == expected


@pytest.mark.parametrize("query", FILTERS)
def test_no_filter_finds_a_hidden_event(ask, log, user, role, query):
    made = log(user)
    assert shown(ask(f"?{query}"), made) == SEEN[role] & FILTERS[query]


@pytest.mark.parametrize("query", ["", "&q=-type:EXPORT", "&ip=10.9.8.7", *(f"&{query}" for query in FILTERS)])
def test_an_export_holds_exactly_what_the_role_sees(ask, log, user, role, query):
    made = log(user)
    answer = ask(f"/export?format=ndjson{query}")
    assert answer.status_code == (200 if user else 401)
    rows = [orjson.loads(line) for line in answer.getvalue().splitlines()] if user else []
    assert {made[row["id"]] for row in rows} == SEEN[role] & FILTERS.get(query[1:], {*ALL, FINDING})


@pytest.mark.parametrize("name", EXPORTS)
def test_a_format_holds_no_more_than_another(ask, log, user, role, name):
    made = log(user)
    answer = ask(f"/export?format={name}")
    text = answer.getvalue().decode() if user else ""
    assert {made[key] for key in made if key in text} == SEEN[role]


@pytest.mark.parametrize("query", ["", "&q=-type:EXPORT", "&type=LOGIN,SQL_INJECTION"])
def test_a_stream_brings_exactly_what_the_role_sees(transactional_db, log, user, role, query):
    made = log(user)
    heard = hear(user, f"after=start{query}")
    assert heard.status == (200 if user else 401)
    chosen = {OWN, FINDING} if "type=" in query else {*ALL, FINDING}
    assert {made[event["id"]] for event in heard.events} == SEEN[role] & chosen


def test_going_on_reading_brings_exactly_what_the_role_sees(transactional_db, ask, log, user, role):
    made = log(user)
    wait_for_others()
    assert shown(ask("/recent?after=start"), made) == SEEN[role]


def test_what_is_not_ones_own_is_not_there(ask, log, user, role):
    answers = {name: ask(f"/{key}").status_code for key, name in log(user).items()}
    missing = 404 if user else 401
    assert answers == {name: 200 if name in SEEN[role] else missing for name in answers}


def test_findings_have_a_page_for_those_who_may_see_them(ask, log, user, role):
    made = log(user)
    answer = ask("/security")
    allowed = FINDING in SEEN[role]
    assert answer.status_code == (200 if allowed else 403 if user else 401)
    assert shown(answer, made) == ({FINDING} if allowed else set())


def test_the_accounts_count_hidden_events_and_so_are_for_those_who_see_all(ask, log, user, role):
    made = log(user)
    answer = ask("/status")
    allowed = FINDING in SEEN[role]
    assert answer.status_code == (200 if allowed else 403 if user else 401)
    assert not allowed or (answer.json()["stored"], answer.json()["lost"]) == (len(made), 0)


def test_somebody_elses_doings_are_those_that_one_sees(ask, log, user, role):
    made = log(user)
    answer = ask(f"/user-activity/{SOMEBODY}")
    seen = SEEN[role] - {OWN}
    assert answer.status_code == (200 if seen else 404 if user else 401)
    assert shown(answer, made) == seen
    assert not seen or answer.json()["total"] == len(seen)


def test_ones_own_doings_are_ones_own(ask, log, user, role):
    made = log(user)
    assert shown(ask(f"/user-activity/{user.pk if user else 1}"), made) == SEEN[role] & {OWN}


@pytest.mark.parametrize("name", ["summary", "timeseries", "users", "failed-logins", "endpoints", "resources"])
def test_no_number_tells_of_a_hidden_event(ask, log, user, role, name):
    log(user)
    answer = ask(f"/analytics/{name}?hours=1")
    assert answer.status_code == (200 if user else 401)
    if user:
        assert told(name, answer.json()) == expected(name, SEEN[role])


def told(name, body):
    return {
        "summary": lambda: (body["total"], body["requests"]),
        "timeseries": lambda: sum(value["value"] for value in body["values"]),
        "users": lambda: sum(row["event_count"] for row in body["users"]),
        "failed-logins": lambda: (body["total"], sum(row["event_count"] for row in body["by_address"])),
        "endpoints": lambda: sum(row["requests"] for row in body["endpoints"]),
        "resources": lambda: sum(row["requests"] for row in body["resources"]),
    }[name]()


def expected(name, seen):
    requests, failed = int("student" in seen), int(OTHERS in seen)
    return {
        "summary": (len(seen), requests),
        "timeseries": len(seen),
        "users": len(seen),
        "failed-logins": (failed, failed),
    }.get(name, requests)
