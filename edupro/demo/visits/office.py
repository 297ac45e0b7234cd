"""A program of the school's office, with a token: files, tables, newcomers, and faults."""

from edupro.demo.browser import Request, basic, get, picture, send_file, send_json, workbook
from edupro.demo.data import CLASSES, THIS_YEAR
from edupro.demo.visits.visiting import Abandoned, Visit, Visitor, found, listed, signed_in

LAST_NIS = 10**8  # of those that visitors enrol: 99 and six digits


def replace_photo(who: Visitor) -> Visit:
    """The new one is looked at, and seen to be the wrong one."""
    yield from signed_in(who)
    siswa = yield from found(who, "/api/siswa", kelas=who.random.choice(CLASSES), page_size=50)
    page = f"/api/siswa/{siswa['id']}"
    yield send_file("PATCH", page, name=f"{siswa['nis']}.png", content=picture(*who.random.randbytes(3)))
    yield get(f"{page}/foto")
    yield send_file("PATCH", page, name=f"{siswa['nis']}.png", content=picture(*who.random.randbytes(3)))


def bring_marks(who: Visitor) -> Visit:
    """The marks of one class from Excel: previewed, then imported."""
    yield from signed_in(who)
    students = yield from listed("/api/siswa", kelas=who.random.choice(CLASSES), page_size=50)
    rows = [[siswa["nis"], THIS_YEAR, 2, who.random.randint(55, 98), who.random.randint(55, 98)] for siswa in students]
    table = workbook(["nis", "tahun_ajaran", "semester", "matematika", "ipa"], *rows)
    for query in ("?dry_run=1", ""):
        path = f"/api/nilai/import{query}"
        yield send_file("POST", path, field="file", name="nilai semester 2.xlsx", content=table)


def bring_newcomers(who: Visitor) -> Visit:
    """Students of the next year, who leave again; of such a list some always are known already."""
    yield from signed_in(who)
    numbers = [str(LAST_NIS - who.random.randint(1, 10**6)) for _ in range(12)]
    table = workbook(["nis", "nama", "kelas"], *([nis, "Calon Siswa", "X-1"] for nis in numbers))
    yield send_file("POST", "/api/siswa/import", field="file", name="calon siswa.xlsx", content=table)
    for siswa in (yield from listed("/api/siswa", search="Calon Siswa", page_size=50))[:3]:
        yield Request("DELETE", f"/api/siswa/{siswa['id']}")


def bring_mistakes(who: Visitor) -> Visit:
    """A table with a mark of 850, and a picture that calls itself a table."""
    yield from signed_in(who)
    table = workbook(["nis", "tahun_ajaran", "semester", "matematika"], ["25260001", THIS_YEAR, 2, 850])
    yield send_file("POST", "/api/nilai/import", field="file", name="nilai.xlsx", content=table)
    yield send_file("POST", "/api/nilai/import", field="file", name="nilai.xlsx", content=picture(9, 9, 9))


def take_lists(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield get("/api/nilai/template", format="xlsx")
    kelas = who.random.choice(CLASSES)
    yield get("/api/siswa/export", format="csv", kelas=kelas)
    yield get("/api/nilai/export", format="xlsx", kelas=kelas, tahun_ajaran=THIS_YEAR)


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
