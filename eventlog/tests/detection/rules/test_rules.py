"""Every rule has what people and settings need of it."""

import pytest
from django.conf import settings
from django.utils.translation import override

from eventlog import catalog, checks
from eventlog.detection.rules import RULES, by_name
from eventlog.detection.rules.base import Memory, Rule
from eventlog.tests.conftest import Change

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert by_name("brute_force") is RULES[0] and by_name("gone") is None


@each_rule
def test_its_event_type_is_in_the_catalogue(rule: Rule) -> None:
    assert rule.event_type in catalog.TYPES


def test_each_danger_in_the_catalogue_has_its_rule() -> None:
    dangers = {name for name, kind in catalog.TYPES.items() if kind.category == catalog.SECURITY}
    told_otherwise = {catalog.UNAUTHORIZED_ACCESS, catalog.IP_BLOCKED, catalog.IP_UNBLOCKED}
    assert dangers - {rule.event_type for rule in RULES} == told_otherwise


@each_rule
def test_the_documentation_tells_of_it(rule: Rule) -> None:
    guide = (settings.BASE_DIR / "docs" / "threats.md").read_text()
    assert any(f"`{rule.name}`" in line.split("|")[1] for line in guide.splitlines() if line.startswith("| `"))


@each_rule
def test_it_explains_itself_in_both_languages_whatever_is_known(rule: Rule) -> None:
    with override("en"):
        english = str(rule.label), rule.explain({})
    with override("id"):
        indonesian = str(rule.label), rule.explain({})
    assert all(english) and all(a != b for a, b in zip(english, indonesian, strict=True))


@each_rule
def test_its_limits_are_settings(rule: Rule, event_log: Change) -> None:
    event_log(RULES={rule.name: {"threshold": 77, "window": 60, "enabled": False}})
    assert (rule.least, rule.window.total_seconds(), rule.is_enabled) == (77, 60, False)


def test_an_unknown_rule_is_an_error_of_the_settings(event_log: Change) -> None:
    event_log(RULES={"brute_farce": {"threshold": 3}})
    assert [problem.id for problem in checks.settings.rules_are_there(None)] == ["eventlog.E012"]


@pytest.mark.parametrize(
    "given", [{"scan_burst": {"limit": 3}}, {"scan_burst": {"threshold": 0}}, {"scan_burst": 3}, "[1]", "{"]
)
def test_options_that_cannot_be_used_are_an_error_of_the_settings(event_log: Change, given: object) -> None:
    event_log(RULES=given)
    assert [problem.id for problem in checks.settings.settings_are_right(None)] == ["eventlog.E003"]


def test_a_geoip_database_that_is_not_there_is_a_warning(event_log: Change) -> None:
    event_log(GEOIP_PATH="/nowhere/GeoLite2-City.mmdb")
    assert [problem.id for problem in checks.settings.places_are_known(None)] == ["eventlog.W012"]


def test_a_memory_keeps_the_latest() -> None:
    memory = Memory[int](2)
    assert [memory.put(key, number) for number, key in enumerate("abac")] == [None, None, 0, None]
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (2, None, 3)
