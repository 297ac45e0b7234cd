"""Files that come in with a request and go out with its answer, and files that are deleted."""

import gc
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import StreamingHttpResponse, UnreadablePostError
from django.test import AsyncClient, Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings

from edupro.school.models import Siswa
from eventlog.capture import deletions, files, streams
from eventlog.capture.middleware import EventLoggingMiddleware
from eventlog.capture.uploads import MultiPartParser, wrap
from eventlog.models import Event
from eventlog.tests.altering import forget
from eventlog.tests.conftest import Change
from eventlog.tests.zoo.models import Animal

from .urls import streamed_attachment, upload

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
Types = Callable[[], list[str]]
SECRET = b"canary-7f3a-in-the-content"
MULTIPART = "multipart/form-data; boundary=x"


def csv(content: bytes = b"nis;nama", name: str = "siswa.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/csv")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def part(filename: str, content: bytes = b"x", field: str = "file") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


# --- uploads ---
@pytest.mark.parametrize("path", ["/try/upload/", "/try/form/", "/try/import/"])
def test_an_upload_is_told_by_name_size_type_and_hash(client: Client, the_event: Find, path: str) -> None:
    client.post("/try/form/", {"word": "not yet parsed"})
    client.post(path, {"file": csv(), "word": "x"})
    data = {"field": "file", "name": "siswa.csv", "type": "text/csv", "size": 8, "sha256": sha256(b"nis;nama")}
    event = the_event("FILE_UPLOAD")
    assert (event.event_data, event.event_category, event.event_status) == (data, "FILE", "SUCCESS")


def test_rest_framework_parses_what_django_does_not(client: Client, the_event: Find, request_event: Find) -> None:
    client.patch("/try/import/", encode_multipart(BOUNDARY, {"file": csv()}), MULTIPART_CONTENT)
    assert the_event("FILE_UPLOAD").event_data["sha256"] == sha256(b"nis;nama")
    assert request_event().event_category == "FILE"


def test_it_says_where_and_by_whom(client: Client, ada: User, the_event: Find, request_event: Find) -> None:
    client.force_login(ada)
    client.post("/try/upload/", {"file": csv()})
    event = the_event("FILE_UPLOAD")
    assert (event.username, event.endpoint, event.response_status) == ("ada", "/try/upload/", 200)
    assert event.request_id == request_event().request_id


def test_each_file_is_an_event_of_its_own(client: Client) -> None:
    client.post("/try/upload/", {"file": [csv(b"1"), csv(b"2", "b.csv")], "photo": csv(b"3", "c.csv")})
    told = [event.event_data for event in Event.objects.filter(event_type="FILE_UPLOAD").order_by("id")]
    assert [(data["field"], data["name"], data["sha256"]) for data in told] == [
        ("file", "siswa.csv", sha256(b"1")),
        ("file", "b.csv", sha256(b"2")),
        ("photo", "c.csv", sha256(b"3")),
    ]


def test_its_request_is_in_the_category_of_files(client: Client, request_event: Find) -> None:
    client.post("/try/upload/", {"file": csv()})
    assert request_event().event_category == "FILE"


def test_the_view_sees_the_handlers_that_the_project_has_set(client: Client) -> None:
    answer = client.post("/try/upload/", {"file": csv()}).json()
    assert answer["handlers"] == ["MemoryFileUploadHandler", "TemporaryFileUploadHandler"]


def test_a_view_may_replace_the_handlers(client: Client, the_event: Find) -> None:
    answer = client.post("/try/upload-by-other-handlers/", {"file": csv()}).json()
    assert (answer["handlers"], answer["kinds"]) == (["TemporaryFileUploadHandler"], ["TemporaryUploadedFile"])
    assert the_event("FILE_UPLOAD").event_data["sha256"] == sha256(b"nis;nama")


def test_a_large_file_goes_to_disk_as_without_us_and_its_hash_is_right(client: Client, the_event: Find) -> None:
    content = bytes(range(256)) * (20 << 12)  # 20 MiB
    answer = client.post("/try/upload/", {"file": csv(content)}).json()
    assert (answer["sizes"], answer["kinds"]) == ({"file": [len(content)]}, ["TemporaryUploadedFile"])
    data = the_event("FILE_UPLOAD").event_data
    assert (data["size"], data["sha256"]) == (20 << 20, sha256(content))


def test_a_form_with_its_token_is_told_too(ada: User, the_event: Find) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value
    client.post("/try/upload/", {"file": csv(), "csrfmiddlewaretoken": token})
    assert the_event("FILE_UPLOAD").event_data["size"] == 8


def test_what_the_view_does_not_read_is_not_read(client: Client, types: Types) -> None:
    client.post("/try/unread/", {"file": csv()})
    assert types() == []


def test_under_asgi_it_is_told_too(async_client: AsyncClient, the_event: Find, direct: Callable[[], None]) -> None:
    content = b"z" * (3 << 20)
    for path in ("/try/aupload/", "/try/upload/"):
        async_to_sync(async_client.post)(path, {"file": csv(content)})
    direct()
    told = Event.objects.filter(event_type="FILE_UPLOAD")
    assert [event.event_data["sha256"] for event in told] == [sha256(content)] * 2


def test_of_its_content_nothing_is_kept(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/try/upload/", "/try/import/", "/try/upload-form/", "/try/upload-refused/500/"):
        client.post(path, {"file": csv(SECRET * 100)})
    client.post("/try/upload/", part("a.csv", SECRET), MULTIPART)
    assert Event.objects.count() > 8
    assert SECRET.decode() not in str(list(Event.objects.values())) + caplog.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\rahasia\\nilai.xlsx", "nilai.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("nilai\x07\u202eslx.exe", "nilaislx.exe"),
        ("n" * 500 + ".csv", "n" * 251 + ".csv"),
    ],
)
def test_names_are_kept_without_path_control_characters_and_length(
    client: Client, the_event: Find, given: str, kept: str
) -> None:
    client.post("/try/upload/", part(given) + b"--x--\r\n", MULTIPART)
    name = the_event("FILE_UPLOAD").event_data["name"]
    assert (name[:240], len(name)) == (kept[:240], len(kept))


def test_a_file_that_came_in_by_another_way_is_hashed_as_it_lies_and_left_as_it_was() -> None:
    file = csv(b"nis;nama")
    file.seek(3)
    assert (files.hash_of(file), file.tell()) == (sha256(b"nis;nama"), 3)
    file.close()
    assert files.hash_of(file) == ""


def test_the_parser_is_wrapped_once() -> None:
    before = MultiPartParser.parse
    wrap()
    assert MultiPartParser.parse is before


def test_without_the_event_log_nothing_is_noted(client: Client, event_log: Change) -> None:
    event_log(ENABLED=False)
    assert client.post("/try/upload/", {"file": csv()}).json()["sizes"] == {"file": [8]}
    assert not Event.objects.exists()


# --- refused ---
@pytest.mark.parametrize(
    ("code", "said"), [(413, "Request Entity Too Large"), (500, "Internal Server Error"), (599, "599")]
)
def test_an_upload_that_is_refused_says_why_by_the_status(
    client: Client, the_event: Find, types: Types, code: int, said: str
) -> None:
    client.post(f"/try/upload-refused/{code}/", {"file": csv()})
    event = the_event("FILE_UPLOAD_FAILED")
    assert (event.reason, event.event_status, event.event_data["sha256"]) == (said, "FAILED", sha256(b"nis;nama"))
    assert "FILE_UPLOAD" not in types()


def test_rest_framework_says_why(client: Client, the_event: Find) -> None:
    client.post("/try/import/", {"file": csv(b"")})
    event = the_event("FILE_UPLOAD_FAILED")
    assert (event.reason, event.error_code) == ("file: The submitted file is empty.", "empty")


def test_an_invalid_form_on_a_page_says_why(client: Client, the_event: Find) -> None:
    client.post("/try/upload-form/", {"file": csv(), "term": ""})
    event = the_event("FILE_UPLOAD_FAILED")
    assert event.reason.splitlines() == ["term: This field is required.", "file: This is no Excel file: siswa.csv"]
    assert event.error_code == "required"


def test_a_valid_form_refuses_nothing(client: Client, types: Types) -> None:
    client.post("/try/upload-form/", {"file": csv(name="a.xlsx"), "term": "1"})
    assert types() == ["FILE_UPLOAD"]


def test_an_invalid_formset_says_why(client: Client, the_event: Find) -> None:
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-file": csv(), "form-0-term": "1"}
    client.post("/try/upload-formset/", data)
    assert the_event("FILE_UPLOAD_FAILED").reason == "file: This is no Excel file: siswa.csv"


def test_the_admin_says_why(client: Client, the_event: Find) -> None:
    client.force_login(User.objects.create_superuser("root"))
    client.post("/try/admin/zoo/animal/add/", {"name": "", "photo": csv(name="a.png")})
    event = the_event("FILE_UPLOAD_FAILED")
    assert (event.reason, event.error_code, event.entity_type) == (
        "name: This field is required.",
        "required",
        "animal",
    )


def test_an_upload_through_the_admin_is_told_with_its_record(client: Client, the_event: Find) -> None:
    client.force_login(User.objects.create_superuser("root"))
    leo = Animal.objects.create(name="Leo")
    client.post(f"/try/admin/zoo/animal/{leo.pk}/change/", {"name": "Leo", "photo": csv(name="a.png")})
    event = the_event("FILE_UPLOAD")
    assert (event.entity_type, event.entity_id, event.event_data["field"]) == ("animal", str(leo.pk), "photo")


def test_a_secret_in_the_name_of_a_file_is_masked_in_the_reason_too(client: Client, the_event: Find) -> None:
    client.post("/try/upload-form/", {"file": csv(name="password=hunter2hunter2.csv"), "term": "1"})
    assert "This is no Excel file" in the_event("FILE_UPLOAD_FAILED").reason
    assert "hunter2" not in str(list(Event.objects.values()))


@pytest.mark.parametrize("how", ["skip", "stop"])
def test_a_file_that_an_upload_handler_refuses_leaves_an_event(client: Client, the_event: Find, how: str) -> None:
    client.post(f"/try/upload-by-picky-handlers/?refuse={how}", {"file": csv()})
    assert the_event("FILE_UPLOAD_FAILED").error_code == "interrupted"


def test_a_connection_that_breaks_within_a_file_leaves_an_event(the_event: Find) -> None:
    class Broken(io.BytesIO):
        def read(self, *size: Any) -> bytes:
            return super().read(*size) or self.fail()

        def fail(self) -> bytes:
            raise OSError("reset by peer")

    body = part("a.csv", SECRET * 10_000)
    request = RequestFactory().generic("POST", "/", body, MULTIPART)
    request._stream = Broken(body)
    with pytest.raises(UnreadablePostError):
        EventLoggingMiddleware(upload)(request)
    assert the_event("FILE_UPLOAD_FAILED").error_code == "UnreadablePostError"


def test_too_many_files_leave_one_event(client: Client, the_event: Find, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    client.post("/try/upload/", {"file": [csv(b"1"), csv(b"2", "b.csv"), csv(b"3", "c.csv")]})
    event = the_event("FILE_UPLOAD_FAILED")
    assert (event.error_code, event.event_data["name"], event.event_data["files"]) == ("TooManyFilesSent", "b.csv", 2)
    assert "exceeded" in event.reason


def test_a_client_that_breaks_off_within_a_file_leaves_an_event(client: Client, the_event: Find) -> None:
    client.post("/try/upload/", part("a.csv", SECRET), MULTIPART)
    event = the_event("FILE_UPLOAD_FAILED")
    assert (event.error_code, "sha256" in event.event_data) == ("interrupted", False)


def test_a_body_that_is_broken_before_any_file_leaves_none(client: Client, types: Types) -> None:
    client.post("/try/upload/", b"--x\r\ngarbage", MULTIPART)
    assert types() == []


def test_a_request_that_ends_without_an_answer_leaves_an_event(the_event: Find) -> None:
    def view(request: Any) -> Any:
        upload(request)
        raise SystemExit

    with pytest.raises(SystemExit):
        EventLoggingMiddleware(view)(RequestFactory().post("/", {"file": csv()}))
    assert the_event("FILE_UPLOAD_FAILED").error_code == "SystemExit"


# --- downloads ---
def test_a_file_that_is_handed_out_is_told_when_it_was_sent(
    client: Client, the_event: Find, request_event: Find
) -> None:
    response = client.get("/try/file/")
    assert not Event.objects.filter(event_type="FILE_DOWNLOAD").exists()
    response.getvalue()
    event = the_event("FILE_DOWNLOAD")
    assert event.event_data == {"name": "report.pdf", "type": "application/pdf", "size": 10_000}
    assert (event.endpoint, request_event().event_category) == ("/try/file/", "FILE")


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="nilai.csv"', "nilai.csv"),
        ("ATTACHMENT", ""),
        ("attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        ('attachment; filename="/srv/rahasia/a.csv"', "a.csv"),
        ("attachment; filename*=klingon''a", ""),
        (f'attachment; filename="{"n" * 5_000}"', "n" * 255),
    ],
)
def test_an_attachment_is_told_by_the_name_in_its_header(
    client: Client, the_event: Find, disposition: str, name: str
) -> None:
    client.get("/try/attachment/", {"disposition": disposition})
    event = the_event("FILE_DOWNLOAD")
    assert event.event_data == {"name": name, "type": "text/csv", "size": 3}


def test_a_page_is_no_download(client: Client, types: Types) -> None:
    client.get("/try/attachment/", {"disposition": 'inline; filename="a.csv"'})
    client.get("/try/stream/").getvalue()
    client.get("/try/status/304/")
    client.get("/try/missing/")
    client.head("/try/file/")
    assert types() == []


def test_a_file_below_an_excluded_path_is_none(client: Client, types: Types, event_log: Change) -> None:
    event_log(EXCLUDE_PATHS=["/try/file/"])
    client.get("/try/file/").getvalue()
    assert types() == []


def test_a_streamed_download_that_breaks_off_says_how_far_it_came(the_event: Find) -> None:
    response = EventLoggingMiddleware(streamed_attachment)(RequestFactory().get("/"))
    assert isinstance(response, StreamingHttpResponse)
    next(iter(response))
    del response
    gc.collect()
    streams.end_dropped()
    event = the_event("FILE_DOWNLOAD")
    assert (event.event_status, event.error_code, event.event_data["size"]) == ("ERROR", "client_gone", 5)


def test_a_streamed_download_is_told_by_what_was_sent(client: Client, the_event: Find) -> None:
    client.get("/try/streamed-attachment/").getvalue()
    assert the_event("FILE_DOWNLOAD").event_data == {"name": "nilai.csv", "type": "text/csv", "size": 25}


def test_a_download_names_the_record_that_the_view_is_about(client: Client, siswa: Siswa, the_event: Find) -> None:
    client.get(f"/try/portrait/{siswa.pk}/").getvalue()
    event = the_event("FILE_DOWNLOAD")
    assert (event.entity_type, event.entity_id) == ("siswa", str(siswa.pk))


# --- deletions ---
@pytest.fixture
def leo(db: None) -> Animal:
    leo = Animal(name="Leo")
    leo.photo.save("leo.png", ContentFile(b"picture"))
    forget()
    return leo


def test_a_deleted_file_is_told_with_its_record(leo: Animal, the_event: Find) -> None:
    leo.photo.delete()
    event = the_event("FILE_DELETE")
    assert (event.entity_type, event.entity_id, event.entity_name) == ("animal", str(leo.pk), "Leo")
    assert event.event_data == {"field": "photo", "name": "zoo/leo.png", "size": 7}


def test_it_stays_told_where_the_transaction_is_rolled_back(
    direct: Callable[[], None], leo: Animal, the_event: Find
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        leo.photo.delete(save=False)
        raise ZeroDivisionError
    direct()
    assert the_event("FILE_DELETE").event_data["name"] == "zoo/leo.png"


def test_a_file_that_is_not_there_leaves_nothing(leo: Animal, types: Types) -> None:
    Path(leo.photo.path).unlink()
    leo.photo.delete(save=False)
    leo.photo.delete(save=False)  # and no name any more
    assert types() == []


def test_a_deletion_that_fails_raises_as_without_us_and_is_told_as_failed(
    leo: Animal, the_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, name: str) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    with pytest.raises(PermissionError):
        leo.photo.delete()
    event = the_event("FILE_DELETE")
    assert (event.event_status, event.error_code) == ("FAILED", "PermissionError")


def test_a_file_that_is_gone_though_its_record_could_not_be_saved_is_told_as_deleted(
    leo: Animal, the_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any) -> None:
        raise ValueError

    monkeypatch.setattr(Animal, "save", refuse)
    with pytest.raises(ValueError):
        leo.photo.delete()
    assert the_event("FILE_DELETE").event_status == "SUCCESS"


def test_another_storage_is_not_asked_for_the_size(leo: Animal, the_event: Find) -> None:
    leo.photo.storage = InMemoryStorage()
    leo.photo.delete(save=False)
    assert the_event("FILE_DELETE").event_data == {"field": "photo", "name": "zoo/leo.png"}


@pytest.mark.parametrize("options", [{"mask": ["photo"]}, {"exclude": ["photo"]}])
def test_the_name_of_a_file_in_a_hidden_field_is_hidden(
    leo: Animal, the_event: Find, event_log: Change, options: dict[str, Any]
) -> None:
    event_log(AUDITED_MODELS={"zoo.Animal": options})
    leo.photo.delete(save=False)
    assert "leo.png" not in str(Event.objects.filter(event_type="FILE_DELETE").values())


def test_django_cleanup_names_the_record_also_once_it_has_lost_its_key(leo: Animal, the_event: Find) -> None:
    deletions.remember_owners()
    from django_cleanup import handlers

    key, file = leo.pk, leo.photo
    handlers.delete_file(Animal, leo, "photo", file, "default", "deleted")  # in the test's own transaction: told later
    leo.pk = None
    [(_, run, _)] = transaction.get_connection().run_on_commit
    run()
    transaction.get_connection().run_on_commit.clear()
    assert (the_event("FILE_DELETE").entity_type, the_event("FILE_DELETE").entity_id) == ("animal", str(key))


def test_deleting_is_wrapped_once() -> None:
    before = type(Animal().photo).delete
    deletions.connect()
    assert type(Animal().photo).delete is before


def test_nothing_is_told_of_a_deletion_where_it_is_switched_off(leo: Animal, event_log: Change) -> None:
    event_log(ENABLED=False)
    leo.photo.delete(save=False)
    assert not Event.objects.exists() and not leo.photo
