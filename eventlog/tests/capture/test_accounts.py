"""What becomes of accounts: registered, password changed, rights given or taken."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.test import Client
from django.utils.http import urlsafe_base64_encode

from eventlog.models import Event
from eventlog.tests.altering import forget

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


@pytest.fixture
def guru(db: None) -> Group:
    group = Group.objects.get(name="guru")
    forget()
    return group


def test_a_new_account_is_registered(the_event: Find) -> None:
    user = User.objects.create_user("eva", is_staff=True)
    event = the_event("USER_REGISTER")
    assert (event.entity_type, event.entity_id, event.entity_name) == ("user", str(user.pk), "eva")
    assert event.event_data == {"is_active": True, "is_staff": True, "is_superuser": False}


def test_a_changed_password_is_recorded_and_kept_nowhere(ada: User, the_event: Find) -> None:
    ada.set_password("hunter2hunter2")
    ada.save()
    assert the_event("PASSWORD_CHANGE").entity_name == "ada"
    assert ada.password not in str(list(Event.objects.values()))


def test_a_changed_password_is_recorded_also_where_only_it_is_saved(ada: User, the_event: Find) -> None:
    ada.set_password("hunter2hunter2")
    ada.save(update_fields=["password"])
    assert the_event("PASSWORD_CHANGE").entity_id == str(ada.pk)


def test_a_password_changed_through_a_page_names_who_did_it(client: Client, ada: User, the_event: Find) -> None:
    client.force_login(ada)
    client.post("/try/new-password/", {"new_password1": "hunter2hunter2"})
    assert the_event("PASSWORD_CHANGE").username == "ada"
    assert "hunter2" not in str(list(Event.objects.values()))


def test_signing_in_changes_no_password_and_no_account(
    client: Client, ada: User, types: Callable[[], list[str]]
) -> None:
    client.login(username="ada", password=PASSWORD)
    assert types() == ["LOGIN"]


def test_saving_an_account_unchanged_leaves_nothing(ada: User, types: Callable[[], list[str]]) -> None:
    User.objects.get(pk=ada.pk).save()
    assert types() == []


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_a_changed_flag_is_a_change_of_rights(ada: User, the_event: Find, flag: str) -> None:
    setattr(ada, flag, not getattr(ada, flag))
    ada.save()
    event = the_event("PERMISSION_CHANGE")
    assert (event.changed_fields, event.new_values) == ([flag], {flag: getattr(ada, flag)})


@pytest.mark.parametrize(("active", "told"), [(False, "ACCOUNT_LOCK"), (True, "ACCOUNT_UNLOCK")])
def test_an_account_is_locked_and_unlocked(ada: User, the_event: Find, active: bool, told: str) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=not active)
    forget()
    ada.is_active = active
    ada.save()
    event = the_event(told)
    assert (event.entity_type, event.entity_id, event.entity_name) == ("user", str(ada.pk), "ada")
    assert not Event.objects.filter(event_type="PERMISSION_CHANGE").exists()


def test_a_lock_with_a_change_of_rights_leaves_both(ada: User, the_event: Find) -> None:
    ada.is_active, ada.is_staff = False, True
    ada.save()
    assert the_event("ACCOUNT_LOCK").entity_name == "ada"
    assert the_event("PERMISSION_CHANGE").changed_fields == ["is_staff"]


def test_accounts_locked_in_one_statement_are_told_one_by_one(ada: User, types: Callable[[], list[str]]) -> None:
    User.objects.create_user("eva")
    User.objects.create_user("out", is_active=False)
    forget()
    User.objects.update(is_active=False)
    locks = Event.objects.filter(event_type="ACCOUNT_LOCK").values_list("entity_name", flat=True)
    assert (sorted(locks), types()[-1]) == (["ada", "eva"], "USER_BULK_UPDATE")


def test_accounts_unlocked_by_a_bulk_update_are_told(ada: User, the_event: Find) -> None:
    User.objects.update(is_active=False)
    user = User.objects.get()
    user.is_active = True
    User.objects.bulk_update([user], ["is_active"])
    assert the_event("ACCOUNT_UNLOCK").entity_name == "ada"


def test_another_bulk_update_locks_nobody(ada: User, types: Callable[[], list[str]]) -> None:
    User.objects.update(first_name="Ada", is_active=True)
    assert types() == ["USER_BULK_UPDATE"]


def test_a_lock_that_is_rolled_back_leaves_no_event(
    ada: User, direct: Callable[[], None], types: Callable[[], list[str]]
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ada.is_active = False
        ada.save()
        raise ZeroDivisionError
    direct()
    assert types() == []


def test_a_password_set_through_the_link_that_was_sent_is_a_reset(
    client: Client, ada: User, types: Callable[[], list[str]], the_event: Find
) -> None:
    token = default_token_generator.make_token(ada)
    page = client.get(f"/try/reset/{urlsafe_base64_encode(str(ada.pk).encode())}/{token}/", follow=True)
    client.post(page.request["PATH_INFO"], {"new_password1": "hunter2hunter2", "new_password2": "hunter2hunter2"})
    assert the_event("PASSWORD_RESET").entity_name == "ada"
    assert "PASSWORD_CHANGE" not in types()
    assert token not in str(list(Event.objects.values()))


@pytest.mark.parametrize(("named", "told"), [(["reset-by-api"], "PASSWORD_RESET"), ([], "PASSWORD_CHANGE")])
def test_a_view_of_the_projects_own_resets_where_the_settings_say_so(
    client: Client, ada: User, the_event: Find, event_log: Callable[..., None], named: list[str], told: str
) -> None:
    event_log(PASSWORD_RESET_VIEWS=named)
    client.post("/try/reset-by-api/", {"username": "ada", "new_password1": "hunter2hunter2"})
    assert the_event(told).entity_name == "ada"


def test_another_column_is_no_change_of_rights(ada: User, types: Callable[[], list[str]]) -> None:
    ada.first_name = "Ada"
    ada.save()
    assert types() == ["USER_UPDATE"]


@pytest.mark.parametrize(
    ("change", "about", "action", "what"),
    [
        (lambda user, group: user.groups.add(group), "user", "add", ["guru"]),
        (lambda user, group: group.user_set.add(user), "group", "add", ["eva"]),
        (lambda user, group: user.groups.set([group]), "user", "add", ["guru"]),
    ],
)
def test_a_group_given_is_a_change_of_rights_from_either_side(
    guru: Group, the_event: Find, change: Callable[[User, Group], None], about: str, action: str, what: list[str]
) -> None:
    change(User.objects.create_user("eva"), guru)
    event = the_event("PERMISSION_CHANGE")
    assert (event.entity_type, event.action, event.event_data["what"]) == (about, action, what)


@pytest.mark.parametrize(
    ("change", "action", "what"),
    [
        (lambda user, group: user.groups.remove(group), "remove", ["guru"]),
        (lambda user, group: group.user_set.remove(user), "remove", ["ada"]),
        (lambda user, group: user.groups.clear(), "clear", ["*"]),
        (lambda user, group: group.user_set.clear(), "clear", ["*"]),
        (lambda user, group: user.groups.set([]), "remove", ["guru"]),
    ],
)
def test_a_group_taken_is_a_change_of_rights_from_either_side(
    ada: User, guru: Group, the_event: Find, change: Callable[[User, Group], None], action: str, what: list[str]
) -> None:
    change(ada, guru)
    assert (the_event("PERMISSION_CHANGE").action, the_event("PERMISSION_CHANGE").event_data["what"]) == (action, what)


def test_a_permission_of_an_account_is_recorded(ada: User, the_event: Find) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="view_siswa"))
    assert the_event("PERMISSION_CHANGE").event_data["what"] == ["school.view_siswa"]


def test_permissions_of_a_group_are_recorded_with_few_queries(
    guru: Group, the_event: Find, django_assert_max_num_queries: Any, direct: Callable[[], None]
) -> None:
    with django_assert_max_num_queries(8):  # however many permissions there are
        guru.permissions.remove(*guru.permissions.all())
    direct()
    assert len(the_event("PERMISSION_CHANGE").event_data["what"]) > 5


def test_a_group_that_is_had_already_is_no_change(ada: User, guru: Group, types: Callable[[], list[str]]) -> None:
    ada.groups.add(guru)
    assert types() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda: User.objects.create_user("eva"),
        lambda: User.objects.get(username="ada").groups.clear(),
        lambda: User.objects.filter(username="ada").first().delete(),
    ],
)
def test_a_change_that_is_rolled_back_leaves_no_event(
    ada: User, direct: Callable[[], None], types: Callable[[], list[str]], change: Callable[[], Any]
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        change()
        raise ZeroDivisionError
    direct()
    assert types() == []


def test_an_account_is_told_of_also_where_its_model_is_not_audited(
    event_log: Callable[..., None], types: Callable[[], list[str]]
) -> None:
    event_log(AUDITED_MODELS=["school.Siswa"])
    User.objects.create_user("eva")
    assert types() == ["USER_REGISTER"]


def test_nothing_is_told_where_it_is_switched_off(ada: User, guru: Group, event_log: Callable[..., None]) -> None:
    event_log(ENABLED=False)
    ada.groups.clear()
    assert not Event.objects.exists()
