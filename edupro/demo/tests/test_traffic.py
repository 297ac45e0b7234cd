"""What the visitors would do, without a server."""

import random
from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve

from edupro.demo import browser, traffic
from edupro.demo.browser import Browser, Reply, Request
from edupro.demo.day import OPENS, Day
from edupro.demo.traffic import Pace, endless, play, visitor_of
from edupro.demo.visitors import VISITORS
from edupro.demo.visits import students
from edupro.demo.visits.visiting import Visitor, VisitorKind
from edupro.school.models.nilai import SUBJECTS
from edupro.school.validators import photo

AT = ("127.0.0.1", 8000)
RECORD = {
    **{"id": 7, "nama": "Ani", "email": "", "ended": "now", "nis": "25260001"},
    **{"siswa": 7, "semester": 1, "tahun_ajaran": "2025/2026", "hadir": 9},
}
ROW = {**RECORD, **dict.fromkeys(SUBJECTS, 80), "sakit": 0, "izin": 0, "alpa": 0}
each_scenario = pytest.mark.parametrize(
    ("kind", "scenario"), [(kind, scenario) for kind in VISITORS for scenario in dict.fromkeys(kind.scenarios)]
)


def visitor(kind: VisitorKind) -> Visitor:
    who = visitor_of(kind, at=AT, passwords={"admin": "a secret", "guru": "another", "siswa": "x", "auditor": "y"})
    who.random = Random(1)
    return who


class School:
    """Answers anything as a school would that has one record of everything."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        body = f'{{"results": [{browser.json.dumps(ROW)}], "id": 7, "access": "a", "refresh": "r"}}'
        return Reply(self.status, body.encode())


@each_scenario
def test_a_visit_ends_and_has_asked_for_something(kind, scenario):
    school = School()
    play(scenario(visitor(kind)), school.answer)
    assert 1 <= len(school.asked) <= 9
    assert all(request.path.startswith("/") and request.path.isascii() for request in school.asked)


@each_scenario
@pytest.mark.parametrize("status", [0, 500])
def test_a_visit_ends_where_nothing_works(kind, scenario, status):
    play(scenario(visitor(kind)), lambda request: Reply(status))


def test_who_cannot_sign_in_leaves():
    school = School(status=503)
    play(students.look_at_oneself(visitor(VISITORS[0])), school.answer)
    assert [request.path for request in school.asked] == ["/api/auth/login"]


@each_scenario
def test_nobody_claims_to_be_behind_a_proxy(kind, scenario):
    school, who = School(), visitor(kind)
    play(scenario(who), school.answer)
    sent = [who.browser.headers_for(request) for request in school.asked]
    assert not any(name.lower() in ("x-forwarded-for", "forwarded") for headers in sent for name in headers)


def test_visitors_differ_in_browser_and_address():
    assert len({(kind.user_agent, kind.address) for kind in VISITORS}) == len(VISITORS)


def test_at_seven_many_come_from_one_address():
    day = Day(60.0, began=0.0)
    busy = [kind for kind in VISITORS if day.busy(kind.hours, (7.2 - OPENS) * 60) > 1]
    assert len({kind.username for kind in busy}) >= 6 and len({kind.address for kind in busy}) == 1


def test_their_shares_are_the_whole_rate():
    assert sum(kind.share for kind in VISITORS) == pytest.approx(1)


def test_own_addresses_are_for_the_loopback_network_only():
    assert visitor_of(VISITORS[0], at=("10.0.0.5", 80), passwords={}).browser.address == ""


def test_each_scenario_comes_once_before_any_comes_by_chance(monkeypatch):
    who = visitor(VISITORS[0])
    names = [visit.gi_code.co_name for visit in islice(endless(who), len(VISITORS[0].scenarios))]
    assert names == [scenario.__name__ for scenario in VISITORS[0].scenarios]


@pytest.mark.parametrize("path", ["/admin/", "/api/siswa", "/api/nilai/7", "/api/auth/me", "/api/auth/logout"])
def test_the_pages_visited_exist(path):
    assert resolve(path)


@pytest.mark.parametrize("rate", [0.5, 5, 100])
def test_pauses_keep_to_the_rate(rate):
    now, pace = 0.0, Pace(rate, random.Random(3))
    for _ in range(2000):
        now += pace.pause(now) + 0.2 / rate  # the answer takes its time too
    assert 2000 / now == pytest.approx(rate, rel=0.1)


def test_who_was_kept_waiting_does_not_catch_up_in_a_burst():
    pace = Pace(10, random.Random(3))
    assert sum(pace.pause(1000.0) == 0 for _ in range(50)) < 10


def test_the_picture_is_one():
    photo(SimpleUploadedFile("foto.png", browser.picture(1, 2, 3)))


def test_the_wrong_file_is_refused():
    with pytest.raises(ValidationError):
        photo(SimpleUploadedFile("foto.png", b"MZ this is no picture"))


def test_an_upload_arrives_whole():
    content = browser.picture(9, 9, 9)
    sent = browser.send_file("POST", "/", name="25260001.png", content=content)
    request: HttpRequest = RequestFactory().generic("POST", "/", sent.body, content_type=sent.headers["Content-Type"])
    file = request.FILES["foto"]
    assert (file.name, file.read()) == ("25260001.png", content)


def test_cookies_are_kept_sent_and_forgotten():
    someone = Browser(*AT, user_agent="x")
    someone.remember(["sessionid=abc; Path=/; HttpOnly", "csrftoken=def; Path=/"])
    headers = someone.headers_for(browser.send_form("/admin/logout/", {}))
    assert (headers["Cookie"], headers["X-CSRFToken"]) == ("sessionid=abc; csrftoken=def", "def")
    someone.remember(['sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/'])
    assert list(someone.cookies) == ["csrftoken"]


def test_a_token_is_sent_unless_the_request_brings_its_own():
    someone = Browser(*AT, user_agent="x", tokens={"access": "abc"})
    assert someone.headers_for(browser.get("/"))["Authorization"] == "Bearer abc"
    assert someone.headers_for(browser.get("/", {"Authorization": "Basic x"}))["Authorization"] == "Basic x"


def test_a_server_that_is_gone_is_a_reply():
    assert Browser("127.0.0.1", 1, user_agent="x").send(browser.get("/")) == Reply()


def test_the_traffic_ends_when_told(monkeypatch):
    monkeypatch.setattr(Browser, "send", lambda self, request: Reply(500))
    crowd = traffic.Traffic.of(AT, passwords={}, rate=100, speed=60)
    crowd.start()
    crowd.stop()
    assert not any(thread.is_alive() for thread in crowd.threads)


def test_a_visitor_whose_hours_are_over_waits_and_goes_home_when_told():
    crowd = traffic.Traffic([visitor(VISITORS[0])], 100, Day(1.0))
    idle = visitor(replace(VISITORS[0], hours=((0.0, 0.0),)))
    crowd.over.set()
    with pytest.raises(traffic.SentHome):
        crowd.wait_for_work(idle)
