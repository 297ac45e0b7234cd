"""`docs/api.md` says what is true: each of its requests is made, and its tables are those of the code."""

import re
import shlex
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from edupro.settings import REST_FRAMEWORK
from eventlog.api.pagination import ORDERINGS
from eventlog.export.formats import FORMATS
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.search.query import parse
from eventlog.search.terms import FIELDS, condition
from eventlog.tests.api.streaming import hear

GUIDE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
CURLS = re.findall(r"^curl .*$", GUIDE, re.MULTILINE)
STREAMS = [curl for curl in CURLS if "/stream" in curl]
EVENT = "0198f2c4-a1b2-7c3e-9d00-000000000000"


@pytest.fixture
def people(db):
    User.objects.create_user("auditor", password="…")
    return User.objects.create_superuser("root", pk=7)


def request_of(curl):
    """(path with query, headers, body) of a line of the guide."""
    words, headers, pairs, url = shlex.split(curl)[1:], {}, [], ""
    body = None
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-urlencode"):
            given = words.pop(0)
            body = given if "-G" not in curl else body
            pairs.append(tuple(given.split("=", 1)))
        elif not word.startswith("-"):
            url = word
    place = urlsplit(f"http://{url}")
    query = urlencode(pairs) if "-G" in curl else place.query
    return f"{place.path}?{query}", headers, body


@pytest.mark.parametrize("curl", [curl for curl in CURLS if curl not in STREAMS])
def test_each_request_of_the_guide_has_an_answer(people, curl):
    path, headers, body = request_of(curl)
    client, event = APIClient(), log_event("LOGIN", user_id=7)
    if "Bearer" in headers.get("Authorization", ""):
        headers["Authorization"] = f"Bearer {AccessToken.for_user(people)}"
    path = path.replace(EVENT, str(event.id))
    ask = client.get if body is None else client.post
    answer = ask(path, body, headers=headers, **({"content_type": "application/json"} if body else {}))
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("curl", STREAMS)
def test_each_stream_of_the_guide_is_heard(transactional_db, people, curl):
    log_event("LOGIN", severity="high")
    path, _headers, _body = request_of(curl)
    assert hear(people, urlsplit(path).query).status == 200


def test_each_format_of_an_export_is_in_the_guide():
    rows = re.search(r"\| format \|.*?\n\n", GUIDE, re.DOTALL)[0]
    assert re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE) == list(FORMATS)


def test_the_guide_finds_what_it_asks_for(people):
    columns = {"entity_type": "nilai", "entity_id": "7", "entity_name": "Ahmad Fauzi", "search_text": "Ahmad Fauzi"}
    log_event("NILAI_UPDATE", timestamp="2026-11-24T03:00:00Z", **columns)
    for query in re.findall(r"q=(type:NILAI_UPDATE [^']*|entity:nilai[^']*)'", GUIDE):
        assert Event.objects.filter(condition(query)).count() == 1, query


def test_the_table_of_fields_is_that_of_the_code():
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| `(.*)` \|$", GUIDE, re.MULTILINE)
    assert [row for row in rows if row[0] in FIELDS] == [
        (name, str(field.expects), field.example) for name, field in FIELDS.items()
    ]


def test_the_example_of_the_language_is_in_the_language():
    assert parse(re.search(r"^    (actor:.*)$", GUIDE, re.MULTILINE)[1])


def test_the_orderings_and_rates_are_those_of_the_code():
    assert all(f"`{ordering}`" in GUIDE for ordering in ORDERINGS)
    units = {"min": "a minute", "hour": "an hour"}
    for scope, rate in REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].items():
        number, unit = rate.split("/")
        assert re.search(rf"\| {number} {units[unit]} \| .* \| `THROTTLE_{scope.upper()}` \|", GUIDE), scope
