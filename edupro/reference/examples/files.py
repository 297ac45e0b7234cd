"""Examples of FILE: uploads, downloads, deletions, imports and exports."""

from typing import Final

from edupro.reference.examples.cast import OFFICE, ROOM, TEACHER, Example, asked
from eventlog import catalog

FILES: Final = "eventlog/capture/files.py"
SHA256: Final = "f3b96cb3cce11dd76120c92b6df7b7277f39fd9bbd66fd7febd42075db8cca0b"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE: Final = {"field": "file", "name": "siswa-x.xlsx", "type": SHEET, "size": 18204, "sha256": SHA256}
IMPORT: Final = "/api/siswa/import"
EXAMPLES: Final = (
    Example(
        catalog.FILE_UPLOAD,
        FILES,
        "a file came with a form or to the API, and was taken",
        {**OFFICE, **ROOM, **asked("POST", IMPORT, 200), "entity_type": "siswa", "event_data": TABLE},
    ),
    Example(
        catalog.FILE_UPLOAD_FAILED,
        FILES,
        "one came and was refused, with the answer's own reason",
        {
            **OFFICE,
            **ROOM,
            **asked("POST", IMPORT, 422),
            "entity_type": "siswa",
            "error_code": "invalid",
            "reason": "file: row 14, nis: 1001 is there twice.",
            "event_data": TABLE,
        },
    ),
    Example(
        catalog.FILE_DOWNLOAD,
        FILES,
        "an answer handed out a file; `size` is what was really sent",
        {
            **TEACHER,
            **ROOM,
            **asked("GET", "/api/nilai/export", 200),
            "entity_type": "nilai",
            "event_data": {"name": "nilai.xlsx", "type": SHEET, "size": 9310},
        },
    ),
    Example(
        catalog.FILE_DELETE,
        "eventlog/capture/deletions.py",
        "a file was removed from the storage",
        {
            **OFFICE,
            **ROOM,
            "entity_type": "siswa",
            "entity_id": "123",
            "entity_name": "Ahmad Fauzi (1001)",
            "event_data": {"field": "foto", "name": "foto/ahmad.jpg", "size": 48113},
        },
    ),
    Example(
        catalog.IMPORT_DATA,
        "edupro/settings.py",
        "a table of records was read in: EduPro's own signal `imported`, by `RECORDED_SIGNALS`",
        {
            **OFFICE,
            **ROOM,
            "entity_type": "siswa",
            "event_data": {
                "file": "siswa-x.xlsx",
                "sha256": SHA256,
                "rows": 32,
                "created": 30,
                "changed": 2,
                "same": 0,
            },
        },
    ),
    Example(
        catalog.EXPORT_DATA,
        "edupro/settings.py",
        "records went out as a table: EduPro's own signal `exported`, by `RECORDED_SIGNALS`",
        {
            **TEACHER,
            **ROOM,
            "entity_type": "nilai",
            "event_data": {"format": "xlsx", "rows": 32, "complete": True, "filter": {"kelas": "X-1"}},
        },
    ),
)
