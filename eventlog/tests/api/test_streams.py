"""When a stream ends, and what is told of it. Many readers at once, cuts, the end of the server: `faults`."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from edupro.school.models import KelasGuru, Siswa
from eventlog.api import stream
from eventlog.logger import log_event
from eventlog.models import Event, EventBatch
from eventlog.models.order import START
from eventlog.tests.altering import forget
from eventlog.tests.api.streaming import hear
from eventlog.tests.finished import wait_for_others

NOTES = "after=start&type=maintenance"


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch):
    monkeypatch.setattr(stream, "POLL", 0.05)
    monkeypatch.setattr(stream, "RECHECK", 0.1)


@pytest.fixture
def reviewer(transactional_db):
    user = User.objects.create_user("reviewer", password="sesame")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_event", "view_security"]))
    forget(Event, EventBatch)
    log_event("MAINTENANCE", event_name="before")
    return user


def lose(codename):
    return lambda user: user.user_permissions.remove(Permission.objects.get(codename=codename))


def leave_the_group(user):
    user.groups.clear()


def take_a_new_password(user):
    user.set_password("another")
    user.save()


def be_locked(user):
    User.objects.filter(pk=user.pk).update(is_active=False)


def be_deleted(user):
    user.delete()


@pytest.mark.parametrize(
    "change", [lose("view_event"), lose("view_security"), take_a_new_password, be_locked, be_deleted]
)
def test_who_has_no_longer_the_same_rights_hears_no_more(reviewer, change):
    def then():
        change(reviewer)
        log_event("MAINTENANCE", event_name="after")

    heard = hear(reviewer, NOTES, then)
    assert ([event["event_name"] for event in heard.events], heard.end) == (["before"], "not_allowed")


def test_a_permission_that_comes_by_a_group_is_lost_with_it(transactional_db):
    group = Group.objects.create(name="auditors")
    group.permissions.set(Permission.objects.filter(codename="view_event"))
    user = User.objects.create_user("auditor")
    user.groups.add(group)
    forget()
    log_event("MAINTENANCE")
    assert hear(user, NOTES, lambda: leave_the_group(user)).end == "not_allowed"


def test_rights_that_are_the_same_are_no_reason_to_end(reviewer, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST", 3.0)
    heard = hear(reviewer, NOTES, lambda: User.objects.filter(pk=reviewer.pk).update(first_name="Ada"))
    assert heard.end == "time_is_up"


def test_a_teacher_who_is_none_any_more_hears_only_of_himself(transactional_db, event_log):
    user = User.objects.create_user("guru001")
    user.groups.set(Group.objects.filter(name="guru"))
    KelasGuru.objects.create(user=user, kelas="X-1")
    budi = Siswa.objects.create(nis="1", nama="Budi", kelas="X-1")
    forget(Event, EventBatch)
    log_event("SISWA_UPDATE", entity_type="siswa", entity_id=str(budi.pk), user_id=0)
    log_event("LOGIN", user_id=user.pk)
    event_log(ENABLED=False)
    wait_for_others()
    assert [types_heard_by(user), leave_the_group(user), types_heard_by(user)] == [
        ["SISWA_UPDATE", "LOGIN"],
        None,
        ["LOGIN"],
    ]


def types_heard_by(user):
    request = Request(APIRequestFactory().get("/api/events/stream"))
    request.user = user
    heard = stream.Stream(request, START, stream.rights_of(User.objects.get(pk=user.pk))).read()
    return [row["event_type"] for _place, row in heard]


def test_security_events_that_were_heard_are_told_once_at_the_end(reviewer, direct, the_event):
    log_event("XSS")
    log_event("SQL_INJECTION")
    direct()
    hear(reviewer, "after=start&category=SECURITY", lambda: be_locked(reviewer))
    direct()
    told = the_event("EVENTS_VIEWED")
    assert told.event_data == {"filter": {"category": "SECURITY"}, "security_events": 2}
    assert (told.username, told.endpoint) == ("reviewer", "/api/events/stream")
