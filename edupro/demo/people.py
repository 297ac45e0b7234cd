"""The demo's accounts, one a role, with passwords that are made up once and then kept in a file for later runs."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from edupro.people.positions import take_classes, take_student
from edupro.school.models import Siswa

MAIL = "sekolah.example"  # RFC 2606: nobody's; it also tells the demo's accounts from those of other origin

TEACHERS_CLASSES = ("X-1", "XI-1")


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    may: str  # in a few words, for whoever reads the list
    group: str = ""
    permissions: tuple[str, ...] = ()
    is_staff: bool = True
    is_superuser: bool = False
    kelas: tuple[str, ...] = ()  # of a teacher
    nis: str = ""  # of a student

    @property
    def email(self) -> str:
        return f"{self.username}@{MAIL}"


PEOPLE = (
    Person("admin", "Sri Wahyuni", "everything", group="admin", is_superuser=True),
    Person(
        "guru",
        "Bambang Sutrisno",
        "marks and attendance of X-1 and XI-1, in /admin/ and the API",
        group="guru",
        kelas=TEACHERS_CLASSES,
    ),
    Person(
        "siswa",
        "Nabila Hartono",
        "her own marks and attendance, at /saya/ and in the API",
        group="siswa",
        is_staff=False,
        nis="25260009",  # who is called so in `data.py`
    ),
    Person("auditor", "Hendra Gunawan", "all events, in /admin/", permissions=("view_event", "view_security")),
)

TEACHERS = tuple(  # of the other classes; their passwords are in the file alone
    Person(username, name, f"marks and attendance of {kelas}", group="guru", kelas=(kelas,))
    for username, name, kelas in (
        ("guru.dewi", "Dewi Kusuma", "X-2"),
        ("guru.agus", "Agus Hidayat", "X-3"),
        ("guru.ratna", "Ratna Wulandari", "XI-2"),
        ("guru.eko", "Eko Prasetyo", "XI-3"),
        ("guru.siti", "Siti Rahmawati", "XII-1"),
        ("guru.yusuf", "Yusuf Maulana", "XII-2"),
    )
)
EVERYBODY = (*PEOPLE, *TEACHERS)


class NotOurs(Exception):
    """An account of this name is there and the demo has not made it; the message says which."""


def passwords_file() -> Path:
    return Path(settings.VAR_DIR) / "demo-people.json"


def make() -> dict[str, str]:
    """See that everybody is there; return {username: password}. Raises NotOurs before it changes anything.

    After the students, one of whom has an account.
    """
    for user in User.objects.filter(username__in=[person.username for person in EVERYBODY]):
        if not user.email.endswith(f"@{MAIL}"):
            raise NotOurs(user.username)
    passwords = kept_passwords(passwords_file())
    with transaction.atomic():
        for person in EVERYBODY:
            make_person(person, password=passwords[person.username])
    return passwords


def make_person(person: Person, *, password: str) -> None:
    """What somebody has changed since is kept, but for the password: the printed one must let you in. A teacher without
    a class is given his again, and a student who is none."""
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User.objects.create_user(person.username, person.email, password, **columns(person))
        user.groups.set(Group.objects.filter(name=person.group))
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="eventlog", codename__in=person.permissions)
        )
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    if person.kelas and not user.kelas_guru.exists():
        take_classes(user, person.kelas)
    if person.nis and not Siswa.objects.filter(user=user).exists():
        take_student(user, Siswa.objects.filter(nis=person.nis, user=None).first())


def columns(person: Person) -> dict[str, Any]:
    first, _space, last = person.name.partition(" ")
    rights = {"is_staff": person.is_staff, "is_superuser": person.is_superuser}
    return {"first_name": first, "last_name": last, **rights}


def kept_passwords(file: Path) -> dict[str, str]:
    """The passwords in the file; new ones, written to it, where there are none."""
    try:
        known = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        known = {}
    passwords = {person.username: known.get(person.username) or secrets.token_urlsafe(9) for person in EVERYBODY}
    if passwords != known:
        write_private(file, json.dumps(passwords, indent=2))
    return passwords


def write_private(file: Path, text: str) -> None:
    """For its owner only from the first byte on, and whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    new.replace(file)
