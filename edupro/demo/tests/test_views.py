import pytest
from django.test import RequestFactory

from edupro.demo import data, views

pytestmark = pytest.mark.django_db


def test_a_class_has_an_average():
    data.make()
    assert b"rata_rata" in views.class_average(RequestFactory().get("/", {"kelas": "X-1"})).content


def test_a_class_without_marks_is_a_fault():
    with pytest.raises(ZeroDivisionError):
        views.class_average(RequestFactory().get("/", {"kelas": "XIII-1"}))


def test_the_slow_report_is_one():
    assert views.slow_report(RequestFactory().get("/")).content == b'{"siswa": 0}'
