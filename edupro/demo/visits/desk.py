"""Those who work in /admin/, with a session."""

from edupro.demo.browser import get, send_file, send_form, send_json, workbook
from edupro.demo.data import CLASSES, THIS_YEAR
from edupro.demo.visits.visiting import Abandoned, Visit, Visitor, found
from edupro.school.models.nilai import SUBJECTS

LOOKS = 6  # at a training
OFFICE = "kantor@sekolah.example"


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


def train_model(who: Visitor) -> Visit:
    """By the worker; the page is looked at until it is done."""
    yield from at_desk(who)
    run = (yield send_json("POST", "/api/prediksi/train", {})).json()
    if "id" not in run:
        raise Abandoned  # another one is running
    for _ in range(LOOKS):
        now = (yield get(f"/api/prediksi/train/{run['id']}")).json()
        if now.get("ended"):
            break


def predict_class(who: Visitor) -> Visit:
    yield from at_desk(who)
    yield send_json("POST", "/api/prediksi/batch", {"kelas": who.random.choice(CLASSES)})
    yield get("/api/prediksi/history", page_size=20)


def register_somebody(who: Visitor) -> Visit:
    """A student gets an account by invitation; it is locked, since he is away, and unlocked."""
    yield from at_desk(who)
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(CLASSES), page_size=50)
    account = {"username": f"siswa{siswa['nis']}", "name": siswa["nama"], "email": siswa["email"] or OFFICE}
    place = {"role": "siswa", "siswa": siswa["id"]}
    user = (yield send_json("POST", "/api/auth/register", {**account, **place})).json()
    if "id" not in user:
        raise Abandoned  # he has one
    yield send_form(f"/admin/auth/user/{user['id']}/lock/", {})
    yield send_form(f"/admin/auth/user/{user['id']}/unlock/", {})


def import_by_hand(who: Visitor) -> Visit:
    """The same file as programs send, by the pages: chosen, looked at, left."""
    yield from at_desk(who)
    yield get("/admin/school/presensi/import/")
    row = ["25260001", THIS_YEAR, 2, who.random.randint(80, 110)]
    table = workbook(["nis", "tahun_ajaran", "semester", "hadir"], row)
    yield send_file("POST", "/admin/school/presensi/import/", field="file", name="presensi.xlsx", content=table)
