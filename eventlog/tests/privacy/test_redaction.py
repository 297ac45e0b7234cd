"""What is masked, what is left alone, by example. Random ones: `test_canaries.py`; hostile ones: `test_hostile.py`."""

import copy
import json

import pytest

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS, MASK, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
CARD = "4111111111111111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def test_without_sensitive_names_nothing_is_masked_by_name_but_shapes_still_are():
    assert redactor(()).value({"password": "x", "note": JWT}) == {"password": "x", "note": MASK}


def test_everything_under_a_sensitive_name_goes_whole():
    given = {"password": ["a", "b"], "token": {"a": 1}, "pin": 1234, "phone": None, "email": True}
    assert redact.value(given) == {"password": MASK, "token": MASK, "pin": MASK, "phone": None, "email": True}


def test_the_name_of_a_bare_value_counts():
    assert redact.value("hunter2", name="password") == MASK


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"name": "password", "value": "x"}], [{"name": "password", "value": MASK}]),
        ({"value": "x", "field": "pin", "kelas": "7A"}, {"value": MASK, "field": "pin", "kelas": "7A"}),
        ({"name": "login", "type": "password", "value": "x"}, {"name": "login", "type": "password", "value": MASK}),
        ({"key": "nama", "value": "Budi"}, {"key": "nama", "value": "Budi"}),
        ({"name": ["password"], "value": "x"}, {"name": ["password"], "value": "x"}),
        ({"field": "email", "old": "a", "new": "b"}, {"field": "email", "old": MASK, "new": MASK}),
        ({"op": "add", "path": "/users/0/pin", "value": 1}, {"op": "add", "path": "/users/0/pin", "value": MASK}),
        ([["password", "x"], ["nama", "Budi"]], [["password", MASK], ["nama", "Budi"]]),
        ([("password", ["x"])], [("password", MASK)]),
        (["password", "kelas"], ["password", "kelas"]),
        ({"code": "x", "state": "y"}, {"code": MASK, "state": "y"}),
        ({"code": "not_found", "detail": "no such page"}, {"code": "not_found", "detail": "no such page"}),
    ],
)
def test_a_value_whose_name_is_a_value_too_is_masked_by_it(given, expected):
    assert redact.value(given) == expected


def test_a_value_is_masked_by_its_label_in_objects_of_any_size():
    given = {**{str(number): number for number in range(100)}, "name": "password", "value": "hunter2"}
    assert redact.value(given)["value"] == MASK


def test_json_inside_json_inside_a_string_is_redacted_and_stays_json():
    given = {"payload": json.dumps({"inner": json.dumps({"password": "hunter2", "kelas": "XI"})})}
    inner = json.loads(json.loads(redact.value(given)["payload"])["inner"])
    assert inner == {"password": MASK, "kelas": "XI"}


def test_a_json_string_without_secrets_keeps_its_spaces():
    assert redact.value('{"a":  1,\n "b": [ 2 ]}') == '{"a":  1,\n "b": [ 2 ]}'


def test_a_key_given_twice_hides_nothing():
    assert "hunter2" not in redact.value('{"a": {"password": "hunter2"}, "a": 1}')


def test_form_bodies_are_redacted_by_name_and_keep_their_other_fields():
    given = "nama=O%20K&p%61ssword=my+pass word&next=%2F%3Ftoken%3Dabc"
    assert redact.value(given) == f"nama=O%20K&p%61ssword={MASK}&next=/?token={MASK}"


def test_secrets_in_keys_are_masked():
    assert redact.value({JWT: 1, '{"password": "hunter2"}': ""}) == {MASK: 1, '{"password":"[redacted]"}': MASK}


def test_card_numbers_are_masked_but_not_in_identifier_fields():
    given = {"note": f"paid with {CARD}", "nik": CARD, "siswa_id": CARD, "no_kk": [CARD], "number": int(CARD)}
    expected = {"note": f"paid with {MASK}", "nik": CARD, "siswa_id": CARD, "no_kk": [CARD], "number": MASK}
    assert redact.value(given) == expected


@pytest.mark.parametrize(
    "card", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "6011000990139424"]
)
def test_cards_are_found_in_groups(card):
    assert redact.text(f"on 2024 {card} 2024 ok") == f"on 2024 {MASK} 2024 ok"


@pytest.mark.parametrize(
    "text", [f"nik={CARD} ok", f"'nisn': '{CARD}'", "80 75 90 85 88 92 70", "1731234567890", "4111111111111112"]
)
def test_numbers_that_are_no_cards_stay(text):
    assert redact.text(text) == text


def test_the_input_is_not_changed():
    given = {"a": [{"password": "x"}], "b": '{"token": 1}'}
    before = copy.deepcopy(given)
    redact.value(given)
    assert given == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("login password=hunter2, user=ada", f"login password={MASK}, user=ada"),
        ("Authorization: Bearer abc def\nnext", f"Authorization: {MASK}\nnext"),
        ("sent Bearer abc.def to it", f"sent Bearer {MASK} to it"),
        ("Basic dXNlcjpwYXNz", f"Basic {MASK}"),
        ("Basic Mathematics", "Basic Mathematics"),
        ("{'password': 'hun\\'ter2', 'user': 'ada'}", f"{{'password': '{MASK}', 'user': 'ada'}}"),
        ('{"token": "abc", "x": 1, "cut": {"secret": "hun', f'{{"token": "{MASK}", "x": 1, "cut": {{"secret": {MASK}'),
        ('"{\\"password\\": \\"hunter2\\", \\"a\\": 1}"', f'"{{\\"password\\": \\"{MASK}\\", \\"a\\": 1}}"'),
        (
            "<QueryDict: {'password': ['a', 'b]'], 'nama': ['B']}>",
            f"<QueryDict: {{'password': {MASK}, 'nama': ['B']}}>",
        ),
        ("[('authorization', 'x'), (b'cookie', b'a=b')]", f"[('authorization', '{MASK}'), (b'cookie', b'{MASK}')]"),
        ("['password', 'username', 'email']", "['password', 'username', 'email']"),
        ("    password = 'a b'  # why\nx = 1", f"    password = {MASK}\nx = 1"),
        ("Key (nama, phone)=(Ada, 0812) already exists.", f"Key (nama, phone)={MASK} already exists."),
        ("sessionid=abc; lang=id", f"sessionid={MASK}; lang=id"),
        ("postgres://ada:s3c/r@et@db:5432/x", f"postgres://{MASK}@db:5432/x"),
        ("http://host:8000/a@b", "http://host:8000/a@b"),
        ("next=%2Flogin%3Fp%2561ssword%3Dx HTTP/1.1", f"next=/login?password={MASK} HTTP/1.1"),
        ("ada@sekolah.sch.id wrote logo@2x.png", f"{MASK} wrote logo@2x.png"),
        ("jwt.exceptions.InvalidToken: Token is invalid", "jwt.exceptions.InvalidToken: Token is invalid"),
        ('File "/app/token.py", line 12, in login', 'File "/app/token.py", line 12, in login'),
        ('{"pass\\u0077ord":"hunter2",', f'{{"password":"{MASK}",'),
        ('{"nama":"Jum\\u0027at", "kelas":', '{"nama":"Jum\\u0027at", "kelas":'),
        ('[["password", "x"], ["nama", "B"', f'[["password", "{MASK}"], ["nama", "B"'),
        ("Sec-WebSocket-Protocol: bearer, abc", f"Sec-WebSocket-Protocol: {MASK}"),
        ("GET /cb?code=abc&state=1 HTTP/1.1", f"GET /cb?code={MASK}&state=1 HTTP/1.1"),
        ("GET /cb?state=1&code=abc HTTP/1.1", f"GET /cb?state=1&code={MASK} HTTP/1.1"),
        ("GET /barang?code=A-12&page=2 HTTP/1.1", "GET /barang?code=A-12&page=2 HTTP/1.1"),
        ("/accounts/reset/MQ/c5k3ab-0123456789abcdef0123456789abcdef/", f"/accounts/reset/MQ/{MASK}/"),
    ],
)
def test_pairs_and_credentials_in_free_text(text, expected):
    assert redact.text(text) == expected


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        "pbkdf2_sha256$600000$salt$aGFzaA=",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA",
        "bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuv",
        "$2b$12$abcdefghijklmnopqrstuv",
        "scrypt$16384$salt$8$5$aGFzaA",
        "md5$salt$0123456789abcdef",
        "$6$salt$aGFzaGFzaA",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "sk-proj-abcdefgh12345678",
        "xoxb-123456789012-abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIabc: d\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz and no end",
    ],
)
def test_secrets_are_known_by_their_shape(secret):
    assert redact.value({"note": f"see {secret}"}) == {"note": f"see {MASK}"}


def test_urls_lose_user_info_sensitive_parameters_and_tokens_in_the_fragment():
    given = f"https://u:p@h/x/{JWT}?p%61ssword=x&q=a%20b&n=%2F%3Ftoken%3Dabc&c#/cb?access_token=abc&state=1"
    expected = f"https://{MASK}@h/x/{MASK}?p%61ssword={MASK}&q=a%20b&n=/?token={MASK}&c#/cb?access_token={MASK}&state=1"
    assert redact.url(given) == expected


def test_urls_lose_the_code_that_comes_with_a_state_and_no_other():
    assert redact.url("/cb?code=abc&state=1") == f"/cb?code={MASK}&state=1"
    assert redact.url("/barang?code=abc&page=1") == "/barang?code=abc&page=1"


def test_parameters_given_twice_become_a_list():
    given = [("a", "1"), ("a", "2"), ("a", "3"), ("token", "x"), ("nik", CARD)]
    assert redact.pairs(given) == {"a": ["1", "2", "3"], "token": MASK, "nik": CARD}


def test_headers_keep_schemes_and_cookie_names_only():
    given = {
        "Authorization": "Bearer abc",
        "Proxy-Authorization": "abc def",
        "Cookie": "sessionid=a; lang=id; raw",
        "Set-Cookie": "sessionid=abc; Path=/; HttpOnly; expires=Thu, 01 Jan 2030 00:00:00 GMT",
        "Referer": "http://h/?token=x&q=1",
        "X-Api-Key": "k",
        "X-Auth": "k",
        "Sec-WebSocket-Protocol": "bearer, abc",
        "Accept": "text/html;q=0.9",
    }
    assert redact.headers(given) == {
        "Authorization": f"Bearer {MASK}",
        "Proxy-Authorization": MASK,
        "Cookie": f"sessionid={MASK}; lang={MASK}; {MASK}",
        "Set-Cookie": f"sessionid={MASK}; Path=/; HttpOnly; expires=Thu, 01 Jan 2030 00:00:00 GMT",
        "Referer": f"http://h/?token={MASK}&q=1",
        "X-Api-Key": MASK,
        "X-Auth": MASK,
        "Sec-WebSocket-Protocol": MASK,
        "Accept": "text/html;q=0.9",
    }


def test_credentials_in_headers_are_masked_whatever_the_settings_say():
    assert redactor(()).headers({"COOKIE": "a=b", "authorization": "x"}) == {
        "COOKIE": f"a={MASK}",
        "authorization": MASK,
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 'x''y', E'it\\'s', $$a$$, $t$b'$t$, 123456, 12, $1", "SELECT ?, ?, ?, ?, ?, ?, $1"),
        ('SELECT "co\'l" FROM t1234567 -- why\nLIMIT 20', 'SELECT "co\'l" FROM t1234567 ?\nLIMIT 20'),
        ("pin = 1234 OFFSET 40 fetch first 5 rows", "pin = ? OFFSET 40 fetch first 5 rows"),
        ("x > .5 AND y = 1e5", "x > ? AND y = ?"),
        ("a /* b /* c */ d */ e", "a ? e"),
        ("p = 'ab\\' AND q = 'x'", "p = ? AND q = ?"),
        ("SELECT 'never closed", "SELECT ?"),
        ("SELECT $$never closed", "SELECT ?"),
        ("x /* never closed", "x ?"),
        ("id IN (%s, %s)", "id IN (%s, %s)"),
    ],
)
def test_sql_keeps_its_shape_without_literals(sql, expected):
    assert redact.sql(sql) == expected
