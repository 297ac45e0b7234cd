"""What a request carried: kept where the view read it, never read for our sake, and never a fault of ours."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from eventlog.capture import bodies
from eventlog.models import Event

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def kept(client: Client, request_event: Find) -> Callable[..., Any]:
    """What is kept of a body that is posted to a view."""

    def post(path: str, body: str | bytes, content_type: str = JSON) -> Any:
        client.generic("POST", path, body, content_type)  # `client.post` would encode it again
        return request_event().request_body

    return post


@pytest.mark.parametrize("path", ["/try/body/", "/try/pieces/", "/try/lines/", "/try/echo/", "/try/loads/"])
def test_json_is_kept_however_the_view_reads_it(kept: Callable[..., Any], path: str) -> None:
    assert kept(path, '{"kelas": "X-1", "nilai": 80}') == {"kelas": "X-1", "nilai": 80}


@pytest.mark.parametrize("path", ["/try/form/", "/try/body/", "/try/echo/"])
def test_a_form_is_kept_by_field(kept: Callable[..., Any], path: str) -> None:
    assert kept(path, "kelas=X-1&n=1&n=2&empty=", FORM) == {"kelas": "X-1", "n": ["1", "2"], "empty": ""}


@pytest.mark.parametrize("path", ["/try/form/", "/try/echo/"])
def test_of_a_multipart_form_fields_are_kept_and_of_files_what_they_are(
    client: Client, request_event: Find, path: str
) -> None:
    upload = SimpleUploadedFile("rapor.csv", b"the content of the file", "text/csv")
    client.post(path, {"kelas": "X-1", "file": upload})
    assert request_event().request_body == {
        "kelas": "X-1",
        "[files]": [{"field": "file", "name": "rapor.csv", "size": 23, "type": "text/csv"}],
    }


def test_a_request_that_brings_a_file_is_in_the_category_of_files(client: Client, request_event: Find) -> None:
    client.post("/try/form/", {"file": SimpleUploadedFile("a.txt", b"secret content")})
    assert request_event().event_category == "FILE"


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain"])
def test_a_body_that_the_view_did_not_read_is_not_read(kept: Callable[..., Any], content_type: str) -> None:
    assert kept("/try/unread/", "a=1", content_type) is None


@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/png", "application/xml", ""])
def test_other_kinds_of_bodies_are_not_kept(kept: Callable[..., Any], content_type: str) -> None:
    assert kept("/try/body/", b"whatever", content_type) is None


@pytest.mark.parametrize("content_type", ["application/vnd.api+json", "application/merge-patch+json"])
def test_what_is_json_by_another_name_is_kept(kept: Callable[..., Any], content_type: str) -> None:
    assert kept("/try/body/", '{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize("path", ["/try/body/", "/try/pieces/", "/try/echo/"])
def test_of_a_body_that_is_too_long_only_its_size_is_kept(
    client: Client, request_event: Find, event_log: Callable[..., None], path: str
) -> None:
    event_log(MAX_BODY_BYTES=100)
    client.post(path, json.dumps({"a": "x" * 200}), JSON)
    assert (request_event().request_body, request_event().tags) == ({"[cut]": "209 bytes"}, ["body_cut"])


def test_a_form_that_is_too_long_is_cut_too(
    client: Client, request_event: Find, event_log: Callable[..., None]
) -> None:
    event_log(MAX_BODY_BYTES=100)
    client.post("/try/form/", "a=" + "x" * 200, FORM)
    assert (request_event().request_body, request_event().tags) == ({"[cut]": "202 bytes"}, ["body_cut"])


def test_no_body_is_kept_where_that_is_switched_off(kept: Callable[..., Any], event_log: Callable[..., None]) -> None:
    event_log(CAPTURE_BODIES=False)
    assert kept("/try/form/", "a=1", FORM) is None


def test_sensitive_fields_are_masked_and_the_view_sees_them(client: Client, request_event: Find) -> None:
    answer = client.post("/try/echo/", {"password": "hunter2", "a": {"apiKey": "hunter2"}}, JSON)
    assert "hunter2" in answer.content.decode()
    assert "hunter2" not in str(request_event().request_body)


# --- the view sees the request as without us ---
CASES = [
    ("/try/body/", b'{"a": 1}', JSON),
    ("/try/body/", b"\x00\xff" * 5000, JSON),
    ("/try/body/", b"a=1&b=2", FORM),
    ("/try/body/", b"", JSON),
    ("/try/pieces/", b"0123456789" * 3, "text/plain"),
    ("/try/first-bytes/", b"0123456789", "text/plain"),
    ("/try/lines/", b"one\ntwo\nthree", "text/plain"),
    ("/try/form/", b"a=1&a=2&b=%20", FORM),
    ("/try/form/", b"&".join(b"a%d=1" % n for n in range(1200)), FORM),
    ("/try/form/", b"a=1", "multipart/form-data"),
    ("/try/echo/", b'{"a": 1}', JSON),
    ("/try/echo/", b'{"a": NaN}', JSON),
    ("/try/echo/", b'{"a": 1', JSON),
    ("/try/echo/", b'{"a": "' + b"x" * 10_000_000 + b'"}', JSON),
    ("/try/body/", b"x" * 10_000_000, JSON),
    ("/try/body-after-read/", b'{"a": 1}', JSON),
    ("/try/unread/", b'{"a": 1}', JSON),
]


@pytest.mark.parametrize(("path", "body", "content_type"), CASES, ids=range(len(CASES)))
def test_the_answer_is_the_same_without_us(
    client: Client, settings: Settings, path: str, body: bytes, content_type: str
) -> None:
    recorded = client.post(path, body, content_type)
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    bare = client.post(path, body, content_type)
    assert (recorded.status_code, without_id(recorded.content)) == (bare.status_code, without_id(bare.content))


def without_id(content: bytes) -> Any:
    try:
        answer = json.loads(content)
    except ValueError:
        return b"" if b"request_id" in content or b"<html" in content else content
    return {**answer, "request_id": ""} if isinstance(answer, dict) else answer


def test_reading_the_body_after_the_stream_is_refused_as_ever(client: Client) -> None:
    assert client.post("/try/body-after-read/", b"abc", JSON).content == b"RawPostDataException"


# --- bad input ---
def deep(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        (b'{"a": 1', ["bad_json"]),
        (b'{"a": NaN}', ["bad_json"]),
        (b"\xff\xfe{", ["bad_encoding", "bad_json"]),
        (b'{"a": "\xff"}', ["bad_encoding"]),
        (deep(5000), ["body_cut"]),
        (deep(1000), ["truncated"]),
        (b"[" * 5000, ["bad_json"]),
        (b'{"a": 1, "a": 2}', ["duplicate_keys"]),
        (b'{"a" : 1, "a": 2}', ["duplicate_keys"]),
        (b'{"a" : 1, "\\u0061" : 2}', ["duplicate_keys"]),
        (b'{"a": "\\u0000"}', ["sanitised"]),
        (b'{"a": "b\\":", "c": "\\":"}', []),
        (b'[{"a": 1}, {"a": 2}]', []),
        (b'{"a": 123456789012345678901234567890}', ["big_number"]),
        (b'{"a": ' + b"9" * 5000 + b"}", None),
        (b'{"a": "\\ud800"}', None),
        (b'{"a": 1e999}', None),
        (b"x" * 10_000_000, ["body_cut"]),
    ],
)
def test_json_that_is_odd_is_kept_with_a_mark_and_never_a_fault(
    client: Client, request_event: Find, body: bytes, tags: list[str] | None
) -> None:
    answer = client.post("/try/pieces/" if len(body) < 10 else "/try/unread/", body, JSON)
    client.post("/try/lines/", body, JSON)
    event = request_event(endpoint="/try/lines/")
    assert answer.status_code == event.response_status == 200
    assert tags is None or event.tags == tags


def test_a_whole_number_beyond_64_bits_is_kept_to_its_last_digit(kept: Callable[..., Any]) -> None:
    assert kept("/try/body/", '{"a": 123456789012345678901234567890}') == {"a": "123456789012345678901234567890"}


def test_a_gzip_bomb_is_not_unpacked(client: Client, request_event: Find) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    client.post("/try/body/", bomb, JSON, headers={"content-encoding": "gzip"})
    event = request_event()
    assert (event.request_body, event.tags) == ({"[cut]": f"{len(bomb)} bytes, gzip"}, ["binary"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_password_does_not_hide_in_another_encoding(kept: Callable[..., Any], encoding: str, declared: bool) -> None:
    content_type = f"{JSON}; charset={encoding}" if declared else JSON
    body = '{"password": "hunter2"}'.encode(encoding)
    assert kept("/try/pieces/", body, content_type) == {"password": "[redacted]"}


def test_a_body_that_was_read_in_part_says_so(client: Client, request_event: Find) -> None:
    client.post("/try/first-bytes/", b'{"a": 1}', JSON)
    assert (request_event().request_body, request_event().tags) == ({"[text]": '{"a"'}, ["body_unread"])


@pytest.mark.parametrize("path", ["/try/form/", "/try/body/", "/try/echo/"])
def test_a_form_with_too_many_fields_is_no_fault_of_ours(client: Client, request_event: Find, path: str) -> None:
    answer = client.post(path, "&".join(f"a{n}=1" for n in range(1200)), FORM)
    assert answer.status_code == request_event().response_status < 500


def test_a_multipart_form_that_is_broken_is_no_fault_of_ours(client: Client, request_event: Find) -> None:
    answer = client.post("/try/form/", b"--x\r\ngarbage", "multipart/form-data; boundary=x")
    assert answer.status_code == request_event().response_status < 500


def test_a_form_whose_charset_is_no_text_is_kept_as_text() -> None:
    request = RequestFactory().post("/", b"a=1", FORM)
    request.encoding = "base64"
    assert bodies.parsed(b"a=1", request, whole=True) == ({"[text]": "a=1"}, ("unparsed",))


def test_a_content_length_that_is_none_counts_as_zero() -> None:
    request = RequestFactory().post("/", b"", JSON, CONTENT_LENGTH="many")
    assert bodies.declared_length(request) == 0


def test_many_fields_are_kept_up_to_the_limit(
    client: Client, request_event: Find, event_log: Callable[..., None]
) -> None:
    event_log(MAX_BODY_BYTES=10)
    upload = SimpleUploadedFile("a.txt", b"x")
    client.post("/try/form/", {"a": "12345", "b": "123456789", "c": "1", "file": upload})
    body = request_event().request_body
    assert (body["a"], body["b"], "c" in body, request_event().tags) == ("12345", "[cut]", False, ["truncated"])
