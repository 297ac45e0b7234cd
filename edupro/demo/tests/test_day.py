import pytest

from edupro.demo.day import AFTER_SCHOOL, AT_SCHOOL, IN_THE_EVENING, OPENS, Day


@pytest.fixture
def day():
    """An hour of school in a minute, which began at 1000 s."""
    return Day(60.0, began=1000.0)


def at(day, hour):
    return 1000.0 + (hour - OPENS) * 60


def test_it_begins_before_the_gate_opens(day):
    assert day.hour(1000.0) == OPENS


def test_an_hour_takes_a_minute(day):
    assert day.hour(1060.0) == OPENS + 1


def test_after_the_evening_comes_the_morning(day):
    assert day.hour(at(day, 22.5)) == pytest.approx(OPENS + 0.5)


def test_at_seven_everybody_is_at_school(day):
    assert day.busy(AT_SCHOOL, at(day, 7.1)) > 2 * day.busy(AT_SCHOOL, at(day, 10))


def test_marks_are_entered_in_the_evening(day):
    assert not day.busy(IN_THE_EVENING, at(day, 10)) and day.busy(IN_THE_EVENING, at(day, 20)) > 2


def test_students_do_not_sit_at_a_computer_during_lessons(day):
    assert not day.busy(AFTER_SCHOOL, at(day, 9))
