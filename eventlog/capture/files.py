"""Files that come in with a request and go out with its answer: by name, size, type and SHA-256, never by content.

Views do nothing for it. An upload is told after the view: as FILE_UPLOAD, or where the answer refuses it as
FILE_UPLOAD_FAILED with the answer's own words. A download is told when its body has been sent.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

from eventlog import catalog
from eventlog.capture.reads import One, view_of
from eventlog.capture.refusals import Refusal, refusal_of
from eventlog.capture.requests import Visit
from eventlog.capture.uploads import Upload
from eventlog.logger import record_event
from eventlog.registry import entity_name_of

MAX_NAME = 255  # characters, as Django cuts the names of uploads
MAX_TYPE = 100
MAX_REREAD = 10 << 20  # bytes of a file that was not hashed on its way in: more would keep the answer waiting
PLACE = ("endpoint", "request_path", "response_status")
INTERRUPTED = Refusal("interrupted", "The upload broke off within the file, or an upload handler refused it.")
_SEPARATORS = re.compile(r"[/\\]")


def base_name(name: str) -> str:
    """Without the folders of whichever system, and without what cannot be printed."""
    last = _SEPARATORS.split(name)[-1]
    return "".join(filter(str.isprintable, last))[:MAX_NAME]


def where(visit: Visit, columns: Mapping[str, Any], clean: Mapping[str, Any]) -> dict[str, Any]:
    """The request's place, and the record that its view is about as far as the URL tells."""
    place = {name: value for name in PLACE if (value := columns.get(name, clean.get(name))) is not None}
    return {**place, **entity_of(visit.request)}


def entity_of(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    model = view_of(match.func).model if match is not None else None
    if match is None or model is None:
        return {}
    name, lookup = entity_name_of(model), view_of(match.func).lookup(match)
    return One(model, lookup=lookup).columns(name, None) if lookup else {"entity_type": name}


def record_file(event_type: str, place: Mapping[str, Any], data: Mapping[str, Any], **columns: Any) -> None:
    record_event(event_type, {**place, **columns, "event_data": {**place.get("event_data", {}), **data}})


# --- uploads ---
def tell_uploads(
    visit: Visit, response: HttpResponseBase, columns: Mapping[str, Any], clean: Mapping[str, Any]
) -> None:
    """One event a file; of a body that could not be parsed, one for all that had begun."""
    if not has_files(visit):
        return
    place, uploads = where(visit, columns, clean), visit.uploads
    if uploads is not None and uploads.refusal is not None:
        tell_broken(visit, place, uploads.refusal)
        return
    refusal = refusal_of(response)
    for data, whole in files_of(visit):
        refused = refusal if whole else INTERRUPTED
        if refused is None:
            record_file(catalog.FILE_UPLOAD, place, data)
        else:
            code = columns.get("error_code") or refused.error_code
            record_file(catalog.FILE_UPLOAD_FAILED, place, data, reason=refused.reason, error_code=code)


def tell_unanswered(visit: Visit, columns: Mapping[str, Any], clean: Mapping[str, Any]) -> None:
    """The same for a request that has broken off before its answer."""
    if has_files(visit):
        found = visit.uploads.refusal if visit.uploads is not None else None
        broken_off = Refusal(columns.get("error_code", ""), "The request broke off before its answer.")
        tell_broken(visit, where(visit, columns, clean), found or broken_off)


def tell_broken(visit: Visit, place: Mapping[str, Any], refusal: Refusal) -> None:
    found = list(files_of(visit))
    data = {**found[-1][0], "files": len(found)}
    record_file(catalog.FILE_UPLOAD_FAILED, place, data, reason=refusal.reason, error_code=refusal.error_code)


def has_files(visit: Visit) -> bool:
    return bool(visit.uploads is not None and visit.uploads.begun or visit.request.__dict__.get("_files"))


def files_of(visit: Visit) -> Iterator[tuple[dict[str, Any], bool]]:
    """(what is kept of it, whether it came whole) of each file; those that we have not seen come in, as Django has
    them."""
    if visit.uploads is not None and visit.uploads.begun:
        yield from ((upload_data(upload), upload.whole) for upload in visit.uploads.begun)
        return
    for field, listed in visit.request.__dict__.get("_files", {}).lists():
        yield from ((parsed_data(field, file), True) for file in listed)


def upload_data(upload: Upload) -> dict[str, Any]:
    data = described(upload.name, upload.content_type, upload.size)
    return {"field": upload.field_name, **data, **({"sha256": upload.digest.hexdigest()} if upload.whole else {})}


def parsed_data(field: str, file: "UploadedFile[Any]") -> dict[str, Any]:
    data = {"field": field, **described(file.name or "", file.content_type or "", file.size)}
    sha256 = hash_of(file)
    return {**data, "sha256": sha256} if sha256 else data


def described(name: str, content_type: str, size: int | None) -> dict[str, Any]:
    return {"name": base_name(name), "type": content_type[:MAX_TYPE], "size": size}


def hash_of(file: "UploadedFile[Any]") -> str:
    """Of a file that can be read and left as it was; else empty. It has been received, so nothing is waited for."""
    try:
        if file.closed or not file.seekable() or not 0 <= (file.size or 0) <= MAX_REREAD:
            return ""
        place = file.tell()
        file.seek(0)
        digest = hashlib.sha256(file.read())
        file.seek(place)
    except (OSError, ValueError, AttributeError, TypeError):  # moved away, or no file at all: a handler gave it
        return ""
    return digest.hexdigest()


# --- downloads ---
@dataclass(frozen=True, slots=True)
class Download:
    name: str
    content_type: str


def download_of(request: HttpRequest, response: HttpResponseBase) -> Download | None:
    """The file that the answer hands out; None where it is a page, or says nothing but that there is one."""
    if response.status_code not in (200, 206) or request.method == "HEAD":
        return None
    disposition = response.get("Content-Disposition", "")
    if not isinstance(response, FileResponse) and disposition[:10].lower() != "attachment":
        return None
    return Download(name_in(disposition), response.get("Content-Type", ""))


def name_in(disposition: str) -> str:
    try:
        return base_name(str(parse_header_parameters(disposition)[1].get("filename", "")))
    except (ValueError, LookupError):  # the view's own header, in an encoding that there is not
        return ""


def tell_download(visit: Visit, download: Download, columns: Mapping[str, Any], clean: Mapping[str, Any]) -> None:
    """As the request's own event: with the bytes that were really sent, and as broken where it broke."""
    broken: dict[str, Any] = {}
    if problem := columns.get("error_code"):
        broken = {"event_status": catalog.ERROR, "error_code": problem, "tags": ("incomplete",)}
    data = described(download.name, download.content_type, clean["response_size_bytes"])
    record_file(catalog.FILE_DOWNLOAD, where(visit, columns, clean), data, **broken)
