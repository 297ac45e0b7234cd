"""Students: look at themselves, and try what they should not."""

from edupro.demo.browser import get, send_form, send_json
from edupro.demo.people import MAIL
from edupro.demo.visits.visiting import Visit, Visitor, signed_in


def look_at_oneself(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield get("/")
    yield get("/api/auth/me")
    yield get("/api/nilai")
    yield get("/api/presensi")


def raise_own_mark(who: Visitor) -> Visit:
    yield from signed_in(who)
    yield send_json("PATCH", f"/api/nilai/{who.random.randint(1, 600)}", {"matematika": 100})


def read_own_page(who: Visitor) -> Visit:
    """By the pages, as from a phone."""
    yield get("/accounts/login/")
    yield send_form("/accounts/login/?next=/saya/", {"username": who.kind.username, "password": who.password})
    yield get("/saya/")
    yield send_form("/accounts/logout/", {})


def forget_password(who: Visitor) -> Visit:
    """A link goes out by mail, and is left where it is."""
    yield get("/accounts/password_reset/")
    yield send_form("/accounts/password_reset/", {"email": f"{who.kind.username}@{MAIL}"})
