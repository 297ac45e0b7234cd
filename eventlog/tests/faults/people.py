"""Four people of the school, and a thousand things that they ask for."""

import json
from dataclasses import dataclass

from eventlog.tests.faults.servers import Request, Site

PEOPLE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from edupro.people.tokens import LoginSerializer
from edupro.school.models import Siswa

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
def person(name, role, **flags):
    user = User.objects.create_user(name, f"{name}@example.org", "p", **flags)
    user.groups.set(Group.objects.filter(name=role))
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.create()
    return {"session": session.session_key, "token": str(LoginSerializer.get_token(user).access_token)}
print("PEOPLE" + json.dumps({
    "ada": person("ada", "", is_superuser=True, is_staff=True), "budi": person("budi", "guru"),
    "cici": person("cici", "siswa"), "dewi": person("dewi", "admin", is_staff=True),
}))
Siswa.objects.create(nis="1", nama="Eka", jenis_kelamin="P", kelas="7A", tanggal_lahir="2012-01-01")
"""


@dataclass(frozen=True)
class Person:
    name: str
    session: str
    token: str

    @property
    def by_session(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.session}"}

    @property
    def by_token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def make_people(site: Site) -> list[Person]:
    said = site.ran(PEOPLE, seconds=120)
    made = json.loads(said.partition("PEOPLE")[2].partition("\n")[0])
    return [Person(name, **keys) for name, keys in made.items()]


def mixed_requests(people: list[Person], number: int) -> list[Request]:
    """Pages and API, read and written, found and not, by session and by token in turn; half name their own id."""
    student = {"nis": "{n}", "nama": "Fajar", "jenis_kelamin": "L", "kelas": "7B", "tanggal_lahir": "2012-02-02"}
    kinds: list[tuple[str, str, str | None]] = [
        ("GET", "/", None),
        ("GET", "/api/auth/me", None),
        ("GET", "/api/siswa/", None),
        ("POST", "/api/siswa/", json.dumps(student)),
        ("GET", "/no/such/page", None),
        ("GET", "/api/siswa/1", None),
        ("PATCH", "/api/siswa/1", '{"kelas": "8C"}'),
        ("GET", "/admin/", None),
        ("HEAD", "/", None),
    ]
    made = []
    for n in range(number):
        person, (method, path, body) = people[n % len(people)], kinds[n % len(kinds)]
        headers = dict(person.by_token if n // len(people) % 2 else person.by_session)
        if n % 2:
            headers["X-Request-ID"] = f"given-{n}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        made.append(Request(method, path, headers, body and body.replace("{n}", f"{n}").encode(), person.name))
    return made
