"""Values in text whose name stands in a tag, a part's header, or beside them."""

import pytest

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS, MASK, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
PART = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n--x'
FIELDS = '<field name="pin">{}</field><field name="nama">B</field>'
INPUTS = '<input name="pin" value="{}"><input name="nama" value="B">'
CUT_LIST = '[{"name": "password", "value": "%s"}, {"name": "nama", "value": "B'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<password>a b</password><nama>Budi</nama>", f"<password>{MASK}</password><nama>Budi</nama>"),
        ("<s:Password Type='x'>a</s:Password>", f"<s:Password Type='x'>{MASK}</s:Password>"),
        ("<password><![CDATA[a]]></password> ok", f"<password>{MASK}</password> ok"),
        ("<password>cut of", f"<password>{MASK}"),
        (FIELDS.format("1"), FIELDS.format(MASK)),
        (INPUTS.format("1"), INPUTS.format(MASK)),
        ('<input value="1" type="password"/>', f'<input value="{MASK}" type="password"/>'),
        ("usage: login <email> now", "usage: login <email> now"),
    ],
)
def test_elements_and_attributes(text, expected):
    assert redact.text(text) == expected == redact.value(text)


def test_the_parts_of_a_form():
    text = PART.format("nama", "Budi") + "\r\n" + PART.format("password", "hunter2\r\nhunter3")
    assert redact.text(text) == PART.format("nama", "Budi") + "\r\n" + PART.format("password", MASK)


def test_the_parts_of_a_form_in_a_repr():
    assert "hunter2" not in redact.text(repr(PART.format("password", "hunter2")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CUT_LIST % "x", CUT_LIST % MASK),
        ('{"value": "x", "name": "password"', f'{{"value": "{MASK}", "name": "password"'),
        ('{"field": "pin", "old": "x", "new": "y', f'{{"field": "pin", "old": "{MASK}", "new": {MASK}'),
        ("{'key': 'nama', 'value': 'B', 'token'", "{'key': 'nama', 'value': 'B', 'token'"),
    ],
)
def test_objects_that_name_their_value(text, expected):
    assert redact.text(text) == expected
