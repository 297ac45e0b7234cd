"""Teachers, with a token: by day the attendance, in the evening the marks."""

from edupro.demo.browser import Request, get, send_json
from edupro.demo.data import CLASSES, THIS_YEAR
from edupro.demo.visits.visiting import NOBODY, Visit, Visitor, found, listed, login, signed_in
from edupro.school.models.nilai import SUBJECTS


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


def renew_token(who: Visitor) -> Visit:
    yield from signed_in(who)
    reply = yield send_json("POST", "/api/auth/refresh", {"refresh": who.browser.tokens.get("refresh", "")})
    who.browser.tokens = reply.json() if reply.status == 200 else {}


def leave(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield send_json("POST", "/api/auth/logout", {"refresh": who.browser.tokens.get("refresh", "")})
    who.browser.tokens = {}


def enter_marks(who: Visitor) -> Visit:
    """An evening's work: several reports of one class."""
    yield from signed_in(who)
    kelas = who.random.choice(who.kind.classes)
    reports = yield from listed("/api/nilai", kelas=kelas, tahun_ajaran=THIS_YEAR, semester=2, page_size=50)
    for nilai in who.random.sample(reports, min(4, len(reports))):
        marks = {subject: who.random.randint(55, 98) for subject in who.random.sample(SUBJECTS, 3)}
        yield send_json("PATCH", f"/api/nilai/{nilai['id']}", marks)


def foretell(who: Visitor) -> Visit:
    """One student's achievement; 409 before the first training."""
    yield from signed_in(who)
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(who.kind.classes), page_size=50)
    yield send_json("POST", "/api/prediksi/predict", {"siswa": siswa["id"]})
