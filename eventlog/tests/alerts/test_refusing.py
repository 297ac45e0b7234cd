"""Nobody acknowledges, closes or mutes what is about himself, and that he wanted to is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts import mutes
from eventlog.alerts.opening import receive
from eventlog.alerts.refusing import NotByHim
from eventlog.alerts.triage import Change, change
from eventlog.logger import log_event
from eventlog.models import Alert, Event, EventMute
from eventlog.tests.alerts.conftest import RULE, finding, found, guard

pytestmark = pytest.mark.django_db


def events(**columns: Any) -> tuple[UUID, ...]:
    return (log_event(catalog.LOGIN, **columns).id,)


def about(kind: str, ada: User) -> Alert:
    """An alert about her, in each of the ways that there are."""
    match kind:
        case "name":
            return found(target="user:ada")
        case "number":
            return found(target=f"account:{ada.pk}")
        case "deed":
            return found(target="ip:203.0.113.7", events=events(user_id=ada.pk))
        case "name typed":
            return found(target="ip:203.0.113.7", events=events(username="ADA"))
        case "listed":
            return found(
                rule="xss", event_type=catalog.XSS, target="ip:203.0.113.7", data={"accounts": ["budi", "ada"]}
            )
        case "rights given to her":
            return found(target="user:root", events=events(entity_type="user", entity_id=ada.pk))
    found(target="ip:203.0.113.7", events=events(user_id=ada.pk), last_seen=timezone.now() - timedelta(days=2))
    return found("2", target="ip:203.0.113.7", events=events(username="budi"))


@pytest.mark.parametrize(
    "kind",
    ["name", "number", "deed", "name typed", "listed", "rights given to her", "deed of the day before yesterday"],
)
@pytest.mark.parametrize(
    "wanted", [{"state": "acknowledged"}, {"state": "resolved"}, {"state": "false_positive"}, {"mute": True}]
)
def test_nobody_acknowledges_closes_or_mutes_an_alert_about_himself(kind: str, wanted: dict[str, Any]) -> None:
    ada = guard("change_alert")
    alert = about(kind, ada)
    until = timezone.now() + timedelta(days=1) if wanted.get("mute") else None
    with pytest.raises(NotByHim):
        change(alert.pk, Change(state=wanted.get("state", ""), reason="me", mute_until=until), by=ada)
    assert (Alert.objects.get().state, EventMute.objects.count()) == ("open", 0)


def test_not_even_the_only_superuser() -> None:
    root = User.objects.create_superuser("root")
    with pytest.raises(NotByHim):
        change(found(target="user:root").pk, Change(state="resolved", reason="me"), by=root)


def test_whose_password_was_guessed_at_among_others_may_close_that() -> None:
    typed = (log_event(catalog.LOGIN_FAILED, username="ada").id,)
    alert = found(target="ip:203.0.113.7", events=typed, data={"accounts": ["ada", "budi"]})
    assert change(alert.pk, Change(state="resolved", reason="blocked"), by=guard()).is_closed


def test_somebody_else_does() -> None:
    alert = found(target="user:ada", events=events(username="ada"))
    assert change(alert.pk, Change(state="resolved", reason="asked her"), by=guard(name="siti")).state == "resolved"


def test_what_he_knows_he_may_note() -> None:
    alert = found(target="user:ada")
    assert change(alert.pk, Change(note="that was me"), by=guard()).notes[-1]["text"] == "that was me"


def test_the_attempt_is_told() -> None:
    with pytest.raises(NotByHim):
        change(found(target="user:ada").pk, Change(state="resolved", reason="me"), by=guard())
    event = Event.objects.get(event_type=catalog.ALERT_UPDATED)
    assert (event.event_status, event.error_code, event.event_data["wanted"]) == ("FAILED", "OWN_ALERT", "resolved")


@pytest.mark.parametrize("has_alert", [True, False])
def test_nobody_mutes_himself_by_hand(has_alert: bool) -> None:
    ada = guard()
    if has_alert:
        found(target="user:ada")
    with pytest.raises(NotByHim):
        mutes.mute(RULE, "user:Ada", until=None, by=ada)
        mutes.mute(RULE, "user:ada", until=None, by=ada)
    assert Event.objects.filter(error_code="OWN_ALERT").count() == 1


def test_a_mute_of_all_leaves_out_who_has_made_it() -> None:
    mutes.mute(RULE, "*", until=None, by=guard())
    receive([finding(target="user:ada"), finding(target="user:budi")])
    assert [alert.target for alert in Alert.objects.all()] == ["user:ada"]


def test_nor_does_it_cover_his_account_by_its_number() -> None:
    ada = guard()
    mutes.mute(RULE, "*", until=None, by=ada)
    receive([finding(target=f"account:{ada.pk}"), finding(target=f"account:{ada.pk}0")])
    assert [alert.target for alert in Alert.objects.all()] == [f"account:{ada.pk}"]
