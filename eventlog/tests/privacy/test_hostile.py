"""Input made to hurt: everything stays linear, bounded and quiet."""

from time import thread_time

import pytest

from eventlog.privacy.redaction import CUT, DEFAULT_SENSITIVE_FIELDS, MASK, MAX_TEXT, TOO_DEEP, TOO_MANY, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
UNITS = [
    *(
        "a",
        "=",
        ":",
        "@",
        "$",
        "%",
        "%41",
        "&",
        "a=",
        "a:",
        "=a&",
        "password=",
        "password='",
        "token=(",
        "token: [",
        "x('a',",
    ),
    *(
        "'password': ",
        '\\"',
        '"a": "',
        "eyJ",
        "eyJhbGciOiJI.",
        "-eyJ",
        "Bearer ",
        "basic ",
        "a://",
        "a://b:",
        "a@",
        "a@b.",
        "4111 ",
    ),
    *(
        "411 ",
        "41111111111111111111 ",
        "-----BEGIN PRIVATE KEY-----",
        "$6$",
        "md5$",
        "sk-",
        "ghp_",
        "[",
        "{",
        '{"a":',
        "(",
        "<",
        "\\",
    ),
    *(
        "'",
        "`",
        "$$",
        "$a$",
        "/*",
        "--",
        "E'",
        "1.",
        " ",
        "\t",
        "\n",
        "a ",
        "a=1&b=%26",
        "é",
        "\ud800",
        "\x00",
        "[redacted]",
        "pA",
    ),
    *(
        "DataError: ",
        "DETAIL:  (",
        "\nDETAIL:  (",
        "\n^",
        "LINE 1: '\n^\n",
        "\\n^",
        "a 1: \\n^",
        ': "',
        "at or near ",
        "Key (a(",
    ),
    *(
        'invalid value "',
        "DataError: a\nTraceback (",
        "insert into x values (",
        "values ('a'),",
        "; args=",
        "password '",
    ),
    *(
        "<password>",
        "<password1>x</password",
        '<a x="" ',
        "form-data; name=a\n",
        'form-data; name="a"',
        "name=a ",
        'name="',
    ),
    *(
        'value="',
        '"value": (',
        "name: pin value: ",
        "value=1 name=",
        "code=",
        "state=&code=",
        "code=a&",
        "\\u0070",
        '[["a",',
    ),
    *("nomor", "userpass_", "token1 =", "«", "a «", "column "),
]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_64_kib_of_anything_take_a_moment(unit):
    text = (unit * MAX_TEXT)[:MAX_TEXT]
    for form in (
        redact.text,
        redact.value,
        redact.url,
        redact.sql,
        lambda text: redact.headers({"Cookie": text, text: text}),
    ):
        started = thread_time()
        form(text)
        assert thread_time() - started < 2  # seconds; a quadratic one takes minutes


def test_longer_text_is_cut_with_a_mark():
    assert redact.text("ab " * MAX_TEXT).endswith(CUT)


def test_no_half_card_number_is_left_at_the_cut():
    assert "4111" not in redact.text("x " * (MAX_TEXT // 2 - 5) + "4111 1111 1111 1111 1111")


def test_what_is_nested_too_deep_is_dropped():
    deep = "hunter2"
    for _ in range(5000):
        deep = [deep]
    shown = repr(redact.value({"a": deep}))
    assert TOO_DEEP in shown and "hunter2" not in shown


@pytest.mark.parametrize("depth", [30, 500, 5000])
def test_deep_json_in_a_string_gives_nothing_away(depth):
    assert "hunter2" not in redact.value('{"a":' * depth + '{"password": "hunter2"}' + "}" * depth)


def test_forms_within_forms_end():
    text = "token=hunter2&a=1"
    for _ in range(60):
        text = "a=1&b=" + text.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    assert "hunter2" not in redact.value(text[:MAX_TEXT])


def test_a_list_that_holds_itself_ends():
    loop: list[object] = []
    loop += [loop] * 100
    assert TOO_MANY in repr(redact.value(loop))


ODD = [10**10_000, float("nan"), float("inf"), object(), {1, 2}, (1, "a"), 1j, b"\xff", bytearray(b"x")]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_odd_values_pass(value):
    redact.value({"a": value, "password": value, 5: value, None: value, (1, 2): value, 10**10_000: 1})


def test_bytes_are_read_as_text():
    assert redact.value({"body": b"password=hunter2", b"token": b"x"}) == {"body": f"password={MASK}", "token": MASK}


def test_lone_surrogates_are_no_reason_to_leak():
    assert "hunter2" not in redact.value("\ud800&password=hunter2") + redact.url("/\ud800%41?a=%00&password=hunter2")
