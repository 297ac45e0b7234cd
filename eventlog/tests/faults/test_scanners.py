"""Tools that attackers use, against the site as it runs: what is told of them is true, and told once."""

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest

from eventlog.tests.alerts.receivers import MailServer, mail_server
from eventlog.tests.faults.people import Person
from eventlog.tests.faults.servers import Server, Site, eventually

SECONDS = "9"  # that each tool has
SURE = {"sql_injection", "xss", "path_traversal", "command_injection", "scanner"}
OTHERS = {"template_injection", "scan_burst", "enumeration", "error_rate", "response_time", "slow_endpoint"}


@pytest.fixture
def tools() -> dict[str, str]:
    """{name: where it is}"""
    found = {name: shutil.which(name) for name in ("sqlmap", "wapiti")}
    if not all(found.values()):
        pytest.skip(f"nothing to attack with ({found}): apt-get install sqlmap; pip install wapiti3, on PATH")
    return {name: path for name, path in found.items() if path}


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(tools: dict[str, str], site: Site, mails: MailServer) -> Server:
    site.environment["EVENTLOG_ALERT_EMAILS"] = "piket@school.example"
    site.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mails.port}"
    return site.gunicorn("--threads", "4")


def attack(site: Site, server: Server, tools: dict[str, str], person: Person) -> None:
    """Both at once, signed in, a parameter each; for a few seconds."""
    address, token = f"http://127.0.0.1:{server.port}/api/siswa", f"Authorization: Bearer {person.token}"
    folder = str(site.folder / "attack")
    sqlmap = ["-u", f"{address}?search=a", "-H", token, "--batch", "--technique", "BEU", "--output-dir", folder]
    wapiti = ["-u", f"{address}?kelas=a", "-H", token, "--scope", "url", "-m", "exec,file,xss,sql"]
    wapiti += ["--max-attack-time", "2", "--no-bugreport", "--store-session", folder, "--store-config", folder]
    options = {"sqlmap": sqlmap, "wapiti": [*wapiti, "-o", f"{folder}/told"]}
    begun = [site.run("timeout", SECONDS, tools[name], *given, name=name) for name, given in options.items()]
    for tool in begun:
        tool.wait()


def has_told_all(site: Site, mails: MailServer) -> bool:
    waiting = "SELECT count(*) FROM event_notifications WHERE state = 'waiting' AND kind <> 'escalated'"
    return bool(mails.mails) and site.rows(waiting) == [(0,)]


def test_scanners_are_an_alert_of_each_rule_and_target_soon_and_few_mails(
    tools: dict[str, str], site: Site, people: list[Person], server: Server, mails: MailServer
) -> None:
    attack(site, server, tools, people[1])
    assert eventually(lambda: has_told_all(site, mails), seconds=40, pause=0.5)
    server.end()

    alerts = site.rows("SELECT rule, target, opened_at - first_seen FROM event_alerts")
    assert len(alerts) == len({alert[:2] for alert in alerts})
    assert SURE <= {rule for rule, _target, _seconds in alerts} <= SURE | OTHERS
    assert {target for rule, target, _seconds in alerts if rule in SURE} == {"ip:127.0.0.1"}
    assert max(seconds for rule, _target, seconds in alerts if rule in SURE) < timedelta(seconds=5)
    assert len(mails.mails) <= 3
    assert site.count("event_type = 'SQL_INJECTION'") > 20
    site.assert_accounts_are_exact()
