import pytest
from django.urls import resolve

from edupro.demo.tour import STEPS
from eventlog import catalog

each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.where)


def found(path):
    """Django's view for it; the demo's own are there only with DEBUG on."""
    inside = path.partition("/demo")[2]
    return resolve(inside, "edupro.demo.urls") if inside else resolve(path)


@each_step
def test_each_step_leads_to_a_page_that_there_is(step):
    assert found(step.where.partition("?")[0])


@each_step
def test_each_step_names_events_that_there_are(step):
    assert all(catalog.lookup(name) for name in step.types)


@pytest.mark.django_db
def test_the_tour_lists_them_all(rf):
    page = found("/demo/").func(rf.get("/demo/")).render().content.decode()
    assert all(link.replace("&", "&amp;") in page for step in STEPS for _name, link in step.links())


@each_step
def test_each_step_names_rules_that_there_are(step):
    assert len(step.alerts()) == len(step.rules)


def test_an_attack_leads_to_its_alert(admin_client):
    links = [link for step in STEPS for _name, link in step.alerts()]
    assert links and all(admin_client.get(link).status_code == 200 for link in links)


@pytest.mark.django_db
@each_step
def test_the_list_of_events_can_be_asked_for_them(step, admin_client):
    assert all(admin_client.get(link).status_code == 200 for _name, link in step.links())
