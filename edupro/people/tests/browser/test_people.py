"""The pages about people, as people have them before their eyes."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Page, expect

from edupro.people.tests.conftest import NEW_PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def link_in(mails: list[EmailMessage]) -> str:
    (found,) = re.findall(r"https?://\S+/accounts/reset/\S+", mails[-1].body)
    return str(found)


def set_password(page: Page) -> None:
    page.fill("[name=new_password1]", NEW_PASSWORD)
    page.fill("[name=new_password2]", NEW_PASSWORD)
    page.click("button.main")


def sign_in(page: Page, username: str) -> None:
    page.fill("[name=username]", username)
    page.fill("[name=password]", NEW_PASSWORD)
    page.click("button.main")


def test_a_registered_teacher_is_invited_and_finds_his_way(
    signed_in: Callable[..., Page], open_page: Callable[..., Page], mailoutbox: list[EmailMessage]
) -> None:
    desk = signed_in("admin")
    desk.get_by_role("link", name="Register a person").click()
    for name, value in {"username": "rina.guru", "name": "Rina Dewi", "email": "rina@school.example"}.items():
        desk.fill(f"[name={name}]", value)
    desk.select_option("[name=role]", "guru")
    desk.get_by_label("X-1").check()
    desk.click("[name=_save]")
    expect(desk.locator(".success")).to_contain_text("rina.guru")

    page = open_page()
    page.goto(link_in(mailoutbox))
    set_password(page)
    page.get_by_role("link", name="Sign in with it").click()
    sign_in(page, "rina.guru")
    expect(page.locator("h1")).to_have_text("Welcome, Rina Dewi")
    page.click("button.main")
    page.get_by_role("link", name="Students").click()
    expect(page.locator("#result_list")).to_contain_text("Budi Santoso")


def test_a_forgotten_password_is_set_by_the_link_in_the_mail(
    open_page: Callable[..., Page], mailoutbox: list[EmailMessage]
) -> None:
    page = open_page()
    page.goto("/admin/login/")
    page.locator(".password-reset-link a").click()
    page.fill("[name=email]", "guru@school.example")
    page.click("button.main")
    expect(page.locator("h1")).to_have_text("Look into your mail")
    page.goto(link_in(mailoutbox))
    set_password(page)
    page.get_by_role("link", name="Sign in with it").click()
    sign_in(page, "guru-ada")
    expect(page.locator("main")).to_contain_text("guru-ada")


def test_an_account_is_locked_by_a_button(signed_in: Callable[..., Page]) -> None:
    desk = signed_in("admin")
    desk.get_by_role("link", name="Accounts").click()
    desk.get_by_role("link", name="siswa-ada").click()
    desk.get_by_role("button", name="Lock").click()
    expect(desk.locator(".success")).to_contain_text("1 account is locked")
    desk.get_by_role("button", name="Unlock").click()
    expect(desk.get_by_role("button", name="Lock", exact=True)).to_be_visible()


PAGES = {
    "siswa": ["/", "/saya/", "/accounts/welcome/", "/accounts/password_change/"],
    "admin": ["/", "/accounts/welcome/", "/admin/auth/user/add/", "/admin/auth/user/{}/change/"],
    "": ["/", "/accounts/login/", "/accounts/password_reset/", "/accounts/password_reset/done/"],
}


@pytest.mark.parametrize("role", PAGES)
@pytest.mark.parametrize("language", ["en", "id"])
def test_the_pages_fit_the_screen(
    signed_in: Callable[..., Page], open_page: Callable[..., Page], school: int, role: str, language: str
) -> None:
    page = signed_in(role, locale=language) if role else open_page(locale=language)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width, scheme in ((1280, schemes[0]), (390, schemes[1])):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        for path in PAGES[role]:
            page.goto(path.format(school))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
