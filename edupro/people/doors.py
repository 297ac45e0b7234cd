"""Where somebody can go from here: links that this person can really open."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from edupro.people.rights import may_register
from edupro.school.models import Siswa

LISTS = (  # of the admin: model, name of the list, what one does there
    ("siswa", _("Students"), _("look up a student")),
    ("nilairaport", _("Report marks"), _("enter and correct marks")),
    ("presensi", _("Attendance"), _("note who was ill, excused or absent")),
    ("penghasilanortu", _("Parents' incomes"), _("what the predictions rest on, besides marks and attendance")),
)
RESOURCES = (
    ("siswa-list", "view_siswa"),
    ("nilai-list", "view_nilairaport"),
    ("presensi-list", "view_presensi"),
    ("penghasilan-list", "view_penghasilanortu"),
)


@dataclass(frozen=True, slots=True)
class Door:
    url: str
    name: str | Promise
    about: str | Promise


def doors_of(user: User | AnonymousUser) -> list[Door]:
    """What is where for this person, the most usual first."""
    if not isinstance(user, User):
        return [*for_strangers(), *for_curious()]
    return [*for_students(user), *for_staff(user), *for_programs(user), *for_everybody(), *for_curious()]


def for_strangers() -> Iterator[Door]:
    yield Door(reverse("login"), _("Sign in"), _("for students, teachers and everybody else with an account"))
    yield Door(reverse("admin:index"), _("Administration"), _("for the people of the school"))
    yield Door(reverse("ready"), _("Health"), _("for whoever runs the site"))


def for_students(user: User) -> Iterator[Door]:
    if Siswa.objects.filter(user=user).visible_to(user).exists():
        yield Door(reverse("saya"), _("My marks and attendance"), _("as they stand in the school's books"))


def for_staff(user: User) -> Iterator[Door]:
    if not user.is_staff:
        return
    for model, name, about in LISTS:
        if user.has_perm(f"school.view_{model}") or user.has_perm(f"school.change_{model}"):
            yield Door(reverse(f"admin:school_{model}_changelist"), name, about)
    if user.has_perms(["school.add_nilairaport", "school.change_nilairaport"]):
        yield Door(
            reverse("admin:school_nilairaport_import"), _("Import marks"), _("from Excel or CSV, with a preview")
        )
    yield from for_foretellers(user)
    if may_register(user):
        yield Door(reverse("admin:auth_user_add"), _("Register a person"), _("a teacher, a student, an administrator"))
        yield Door(reverse("admin:auth_user_changelist"), _("Accounts"), _("roles and classes, passwords, locks"))
    yield Door(reverse("admin:index"), _("Administration"), _("everything that your account may do there"))


def for_foretellers(user: User) -> Iterator[Door]:
    if user.has_perm("prediction.add_prediksi"):
        predict = reverse("admin:prediction_prediksi_predict")
        yield Door(predict, _("Predict achievement"), _("of a class, by marks, attendance and income"))
    if user.has_perm("prediction.view_modelversion"):
        versions = reverse("admin:prediction_modelversion_changelist")
        yield Door(versions, _("Prediction models"), _("train, compare, look at the tree"))


def for_programs(user: User) -> Iterator[Door]:
    for name, permission in RESOURCES:
        if user.has_perm(f"school.{permission}"):
            yield Door(reverse(name), reverse(name), _("the same for programs, as JSON"))
            return


def for_curious() -> Iterator[Door]:
    """Where the demo is; an installation for a school has none."""
    if settings.DEBUG:
        yield Door(reverse("demo-tour"), _("Tour"), _("try this, then see that event"))


def for_everybody() -> Iterator[Door]:
    yield Door(reverse("password_change"), _("Change my password"), _("your other sign-ins end with it"))
