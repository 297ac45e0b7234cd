"""Saved views: one's own, and those that are shared."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from eventlog.models import SavedView
from eventlog.tests.admin.pages import LIST, shown

ASKED = {"name": "Failures", "q": "type:LOGIN_FAILED", "since": "-7d"}


def save(client: Client, **asked: str) -> str:
    return client.post(f"{LIST}views/", {**ASKED, **asked}, follow=True).content.decode()


@pytest.fixture
def colleague(db: None) -> User:
    return User.objects.create_superuser("colleague")


def test_a_view_is_kept_with_its_time(auditor: Client) -> None:
    page = save(auditor)
    assert f'<a href="{LIST}?q=type%3ALOGIN_FAILED&amp;since=-7d">Failures</a>' in page and "is saved" in page


def test_a_view_has_its_columns(auditor: Client) -> None:
    save(auditor, columns="what,session")
    assert SavedView.objects.get().address.endswith("columns=what%2Csession")


def test_a_name_is_there_once(auditor: Client) -> None:
    save(auditor)
    save(auditor, q="type:LOGIN")
    assert SavedView.objects.get().address.startswith("?q=type%3ALOGIN&")


@pytest.mark.parametrize("wrong", [{"name": " "}, {"q": "colour:red"}, {"since": "soon"}])
def test_what_cannot_be_saved_is_said_so(auditor: Client, wrong: dict[str, str]) -> None:
    assert "Give the view a name" in save(auditor, **wrong) and not SavedView.objects.exists()


def test_somebody_else_s_view_is_not_there_unless_it_is_shared(auditor: Client, colleague: User) -> None:
    for name, is_shared in (("mine", False), ("ours", True)):
        SavedView.objects.create(owner=colleague, name=name, address="?since=", is_shared=is_shared)
    page = shown(auditor, LIST)
    assert ">ours</a>" in page and ">mine</a>" not in page


def test_one_deletes_one_s_own(auditor: Client) -> None:
    save(auditor)
    auditor.post(f"{LIST}views/{SavedView.objects.get().pk}/")
    assert not SavedView.objects.exists()


def test_a_shared_view_of_somebody_else_cannot_be_deleted(auditor: Client, colleague: User) -> None:
    view = SavedView.objects.create(owner=colleague, name="ours", address="?since=", is_shared=True)
    assert auditor.post(f"{LIST}views/{view.pk}/").status_code == 404 and SavedView.objects.exists()


def test_nothing_is_deleted_by_following_a_link(auditor: Client) -> None:
    save(auditor)
    auditor.get(f"{LIST}views/{SavedView.objects.get().pk}/")
    assert SavedView.objects.exists()
