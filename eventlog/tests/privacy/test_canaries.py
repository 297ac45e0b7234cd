"""Random secrets planted wherever a secret can stand are found nowhere afterwards."""

import copy
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
SAFE_NAMES = st.sampled_from(["nama", "kelas", "id", "catatan", "items", "mapel"])
SAFE_TEXTS = st.sampled_from(
    ["Budi Santoso", "XI IPA 2", "Jl. Merdeka No. 45", "2024-07-15T08:30:00Z", "", "a=1", "f(x)"]
)
canaries = st.text("abcdefghijkmnpqrstuvwxyz0123456789", min_size=8, max_size=20).map(lambda tail: f"CANARY{tail}")


def spelled(words):
    joins = [lambda w: "_".join(w), lambda w: "-".join(w).upper(), lambda w: w[0] + "".join(map(str.title, w[1:]))]
    around = ["{}", "user_{}", "new-{}1", "data[{}]", "a.b.{}", "{}s"]
    return st.tuples(st.sampled_from(joins), st.sampled_from(around)).map(lambda made: made[1].format(made[0](words)))


sensitive_names = st.sampled_from(
    [
        "password",
        "passwd",
        "token",
        "api_key",
        "secret",
        "ssn",
        "credit_card",
        "phone",
        "email",
        "no_telp",
        "kata_sandi",
        "nomor_kartu_kredit",
        "passwordlama",
        "otpcode",
    ]
).flatmap(lambda name: spelled(name.split("_")))


def nested(leaf):
    """The leaf, up to four containers and JSON strings deep."""
    steps = [
        lambda inner: st.tuples(SAFE_NAMES, inner).map(lambda pair: {"x": 1, pair[0]: pair[1]}),
        lambda inner: inner.map(lambda value: ["a", value, 2]),
        lambda inner: inner.map(json.dumps),
    ]
    return st.lists(st.sampled_from(steps), max_size=4).flatmap(lambda chosen: _applied(chosen, leaf))


def _applied(chosen, leaf):
    for step in chosen:
        leaf = step(leaf)
    return leaf


@st.composite
def planted(draw, around):
    canary, name = draw(canaries), draw(sensitive_names)
    return canary, draw(nested(st.just(around(name, canary))))


@given(planted(lambda name, canary: {name: canary, "nama": "Budi"}))
def test_in_nested_values_and_json_strings(plant):
    canary, value = plant
    before = copy.deepcopy(value)
    assert canary not in repr(redact.value(value)) and value == before


LABELLED = {
    "name and value": lambda name, secret: [{"name": name, "value": secret}, {"name": "nama", "value": "Budi"}],
    "value and name": lambda name, secret: {"value": secret, "field": name},
    "JSON patch": lambda name, secret: [{"op": "replace", "path": f"/users/0/{name}", "value": {"x": secret}}],
    "pairs": lambda name, secret: [["nama", "Budi"], [name, secret]],
    "change": lambda name, secret: {"field": name, "old": secret, "new": secret},
}


@pytest.mark.parametrize("shape", LABELLED)
@given(data=st.data())
def test_in_values_whose_name_is_a_value_too(shape, data):
    canary, value = data.draw(planted(LABELLED[shape]))
    assert canary not in repr(redact.value(value))


@given(planted(lambda name, canary: {name: [canary, {"deep": canary}]}))
def test_in_containers_under_a_sensitive_name(plant):
    canary, value = plant
    assert canary not in repr(redact.value(value))


PART = 'Content-Disposition: form-data; name="{}"'


def tag(name):
    """As an element may be called."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)


def escaped(name):
    """Each letter as JSON may spell it."""
    return "".join(f"\\u{ord(letter):04x}" if letter.isalnum() else letter for letter in name)


TEXTS = {
    "query": lambda name, secret: urlencode({"q": "a b", name: secret, "page": 2}),
    "query with JSON": lambda name, secret: urlencode({"filter": json.dumps({name: secret}), "page": 2}),
    "url": lambda name, secret: f"https://sekolah.id/a/?{urlencode({'x': 1, name: secret})}#top",
    "url in a url": lambda name, secret: f"/login?next={quote(f'/a?{urlencode({name: secret})}', '')}",
    "user info": lambda name, secret: f"fetching postgres://ada:{secret}@db:5432/edupro failed",
    "json": lambda name, secret: f"body was {json.dumps({'a': {name: secret, 'b': 1}})}",
    "cut json": lambda name, secret: json.dumps({"a": {name: secret + " and more"}})[:-8],
    "repr": lambda name, secret: f"<QueryDict: { ({name: [secret], 'nama': ['B']})!r}>",
    "tuples": lambda name, secret: repr([("nama", "B"), (name, secret)]),
    "assignment": lambda name, secret: f"Traceback:\n    {name.replace('-', '_')} = '{secret} two'\nValueError: bad",
    "log line": lambda name, secret: f"login failed {name}={secret} ip=10.0.0.1",
    "header line": lambda name, secret: f"{name}: {secret} and more\nAccept: */*",
    "bearer": lambda name, secret: f"sent Bearer {secret} to the server",
    "postgres": lambda name, secret: f"Key ({name})=({secret}) already exists.",
    "failing row": lambda name, secret: (
        f"IntegrityError: x\nDETAIL:  Failing row contains (1, {secret}, a (b), {secret}).\n"
    ),
    "bad literal": lambda name, secret: f'invalid input syntax for type integer: "{secret} "x""\n',
    "line of SQL": lambda name, secret: f"no such function\nLINE 1: SELECT f('{secret}')\n               ^\n",
    "cut line of SQL": lambda name, secret: f"no such column\nLINE 1: ...{secret}' AND x = 'b\n          ^\n",
    "error's repr": lambda name, secret: repr(ValueError(f"bad\nLINE 1: SELECT f('{secret}')\n               ^\n")),
    "error in translation": lambda name, secret: f'django.db.utils.DataError: nilai "{secret}" salah\n',
    "insert": lambda name, secret: f"INSERT INTO t (nama, x) VALUES ('Budi', '{secret}'), ('x', 'it''s {secret}')",
    "xml": lambda name, secret: f"<a><{tag(name)}>{secret} &amp; {secret}</{tag(name)}><nama>Budi</nama></a>",
    "xml attribute": lambda name, secret: f'<user nama="Budi" {tag(name)}="{secret}"/>',
    "field element": lambda name, secret: f'<field type="x" name="{name}">{secret}</field>',
    "input element": lambda name, secret: f'<input name="{name}" value="{secret}"/>',
    "multipart": lambda name, secret: f"--x\r\n{PART.format(name)}\r\n\r\n{secret}\r\n--x--\r\n",
    "multipart's repr": lambda name, secret: repr(f"--x\r\n{PART.format(name)}\r\nA: b\r\n\r\n{secret}\r\n--x--\r\n"),
    "cut items": lambda name, secret: json.dumps([{"name": name, "value": secret}])[:-1],
    "cut pairs": lambda name, secret: json.dumps([["nama", "Budi"], [name, secret]])[:-1],
    "escaped json": lambda name, secret: f'{{"{escaped(name)}": "{secret}", ',
}


@pytest.mark.parametrize("shape", TEXTS)
@given(canary=canaries, name=sensitive_names)
def test_in_text(shape, canary, name):
    text = TEXTS[shape](name, canary)
    outputs = [redact.text(text), redact.value({"note": text}), redact.value(json.dumps([text])), redact.url(text)]
    assert canary not in repr(outputs)


@given(canary=canaries, name=sensitive_names)
def test_in_headers(canary, name):
    headers = {
        "Authorization": f"Bearer {canary}",
        "Cookie": f"a=b; sessionid={canary}; {canary}",
        "Set-Cookie": f"x={canary}; Path=/, y={canary}",
        "Referer": f"http://h/?{urlencode({name: canary})}",
        name: canary,
        "X-Note": f"{name}={canary}",
    }
    assert canary not in repr(redact.headers(headers))


@given(
    canary=canaries, template=st.sampled_from(["'{}'", "E'a\\'{}'", "$${}$$", "$q${}'$q$", "-- {}", "/* '{} */", "'{}"])
)
def test_in_sql_literals(canary, template):
    assert canary not in redact.sql(f"SELECT 1 FROM x WHERE y = {template.format(canary)}")


safe_values = st.recursive(
    SAFE_TEXTS | st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SAFE_NAMES, inner, max_size=3),
    max_leaves=15,
)


@given(safe_values)
def test_values_without_secrets_survive_unchanged(value):
    assert repr(redact.value(value)) == repr(value)


@given(planted(lambda name, canary: {name: canary, "note": f"{name}={canary} Bearer {canary}"}))
def test_redacting_twice_is_redacting_once(plant):
    once = redact.value(plant[1])
    assert redact.value(once) == once


pieces = st.sampled_from(
    [
        *"'\"\\[]{}()<>=:&;, \n%@$#?/",
        "password",
        "token",
        "x",
        "Bearer ",
        "eyJhbGciOiJIUzI1",
        "://",
        "%3D",
        "%20",
        "4111",
        "[redacted]",
        "DataError: ",
        "\nLINE 1: ",
        "\n ^",
        "\nDETAIL:  Failing row contains (",
        "<password>",
        "</password>",
        'name="pin"',
        'form-data; name="pin"\r\n\r\n',
        '"value": ',
        "INSERT INTO x VALUES (",
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_redacting_any_text_twice_leaks_no_more_and_never_raises(text):
    once = redact.text(text)
    (
        redact.value(text),
        redact.url(text),
        redact.sql(text),
        redact.headers({"Cookie": text, "Referer": text, text: text}),
    )
    assert len(redact.sql(redact.sql(text))) <= len(redact.sql(text))  # what is no SQL may lose more, never less
    assert len(redact.text(once)) <= len(once) + 200


@given(st.one_of(st.text(), st.text(st.characters(categories=["Cs", "Cc"])), st.binary()))
def test_any_text_or_bytes_are_taken(value):
    redact.value({"note": value, value: 1, "token": value})
