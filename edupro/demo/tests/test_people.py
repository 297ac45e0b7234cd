import json

import pytest
from django.contrib.auth.models import User

from edupro.demo import data, people
from edupro.school.models import Siswa
from edupro.school.roles import role_of

pytestmark = pytest.mark.django_db


def test_everybody_can_sign_in_with_the_password_given():
    for username, password in people.make().items():
        assert User.objects.get(username=username).check_password(password)


def test_a_second_run_gives_the_same_passwords_and_makes_nobody():
    first = people.make()
    assert people.make() == first
    assert User.objects.count() == len(people.EVERYBODY)


def test_each_role_has_its_person():
    people.make()
    assert {role: role_of(User.objects.get(username=role)) for role in ("admin", "guru", "siswa")} == {
        "admin": "admin",
        "guru": "guru",
        "siswa": "siswa",
    }


def test_the_auditor_sees_all_events_and_no_student():
    people.make()
    auditor = User.objects.get(username="auditor")
    assert auditor.has_perms(["eventlog.view_event", "eventlog.view_security"])
    assert auditor.is_staff and not auditor.has_perm("school.view_siswa")


def test_the_teacher_sees_the_students_of_his_classes():
    data.make()
    people.make()
    seen = Siswa.objects.visible_to(User.objects.get(username="guru"))
    assert set(seen.values_list("kelas", flat=True)) == {"X-1", "XI-1"} and seen.count() == 50


def test_the_student_is_one_of_the_school_under_her_own_name():
    data.make()
    people.make()
    user = User.objects.get(username="siswa")
    assert [siswa.nama for siswa in Siswa.objects.visible_to(user)] == [user.get_full_name()]


def test_the_file_is_for_its_owner_only():
    people.make()
    assert people.passwords_file().stat().st_mode & 0o777 == 0o600


def test_passwords_are_random_and_long_enough():
    passwords = people.make()
    people.passwords_file().unlink()
    assert not set(passwords.values()) & set(people.make().values())
    assert all(len(password) >= 12 for password in passwords.values())


def test_a_lost_file_means_new_passwords_that_work():
    people.make()
    people.passwords_file().unlink()
    password = people.make()["guru"]
    assert User.objects.get(username="guru").check_password(password)


def test_a_damaged_file_is_replaced():
    people.passwords_file().write_text("{")
    passwords = people.make()
    assert json.loads(people.passwords_file().read_text()) == passwords


def test_an_account_of_other_origin_is_left_alone():
    User.objects.create_user("admin", "ada@school.example", "her own")
    with pytest.raises(people.NotOurs, match="admin"):
        people.make()
    assert User.objects.get().check_password("her own")


def test_what_was_changed_since_is_kept():
    people.make()
    User.objects.filter(username="guru").update(first_name="Bagus", is_active=False)
    people.make()
    guru = User.objects.get(username="guru")
    assert (guru.first_name, guru.is_active) == ("Bagus", False)
