"""What somebody is at the school: a role, and with it the classes of a teacher or the student that he is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from edupro.school.models import KelasGuru, Siswa
from edupro.school.roles import ROLES

ROLE_NAMES = {"guru": _("Teacher"), "siswa": _("Student"), "admin": _("Administrator")}
STAFF = ("admin", "guru")  # who works in the admin


@dataclass(frozen=True, slots=True)
class Position:
    role: str = ""  # of `ROLES`; empty for none
    kelas: tuple[str, ...] = ()
    siswa: Siswa | None = None

    def problems(self, user: User | None = None) -> Iterator[tuple[str, Promise]]:
        """(field, what is wrong with it) for this user; None is one who is yet to be registered."""
        if self.kelas and self.role != "guru":
            yield "kelas", _("Only a teacher has classes.")
        if self.siswa is not None and self.role != "siswa":
            yield "siswa", _("Only a student's account belongs to a student.")
        if self.siswa is not None and self.siswa.user_id not in (None, user and user.pk):
            yield "siswa", _("This student has an account already.")
        if self.siswa is None and self.role == "siswa" and user is None:
            yield "siswa", _("Say which student this is.")


def position_of(user: User) -> Position:
    held = set(user.groups.values_list("name", flat=True))
    return Position(
        role=next((role for role in ROLES if role in held), ""),
        kelas=tuple(user.kelas_guru.values_list("kelas", flat=True)),
        siswa=Siswa.objects.filter(user=user).first(),
    )


@transaction.atomic
def take_up(user: User, position: Position) -> None:
    """Make it so. Groups that are no roles stay; whether somebody is staff follows from a new role."""
    take_role(user, position.role)
    take_classes(user, position.kelas)
    take_student(user, position.siswa)


def take_role(user: User, role: str) -> None:
    held = set(user.groups.filter(name__in=ROLES))
    wanted = set(Group.objects.filter(name=role))
    if held == wanted:
        return
    user.groups.remove(*held - wanted)
    user.groups.add(*wanted - held)
    user.is_staff = role in STAFF
    user.save(update_fields=["is_staff"])


def take_classes(user: User, classes: Iterable[str]) -> None:
    for gone in user.kelas_guru.exclude(kelas__in=classes):
        gone.delete()
    for kelas in classes:
        KelasGuru.objects.get_or_create(user=user, kelas=kelas)


@transaction.atomic
def take_student(user: User, siswa: Siswa | None) -> None:
    for former in Siswa.objects.filter(user=user).exclude(pk=siswa and siswa.pk):
        former.user = None
        former.save(update_fields=["user"])
    if siswa is not None and siswa.user_id != user.pk:
        siswa = Siswa.objects.select_for_update(no_key=True).get(pk=siswa.pk)  # two registrations at once
        if siswa.user_id is not None:
            return  # the other was first: an account without a student is mended, one that has lost his is not
        siswa.user = user
        siswa.save(update_fields=["user"])
