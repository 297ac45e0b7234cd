"""An Excel file of 5,000 students through the API: previewed, imported, imported again with a change in each row.

    python -m benchmarks.imports [--rows 5000]

In process, with the event log on; wall-clock seconds, the writing of the answer included.
"""

import argparse
import time
from io import BytesIO

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from rest_framework.test import APIClient

from benchmarks.measure import Row, say, table, throwaway_database

BUDGET = 10.0  # seconds
HEAD = ("nis", "nama", "kelas", "jenis_kelamin", "tanggal_lahir", "alamat", "no_telp", "email")


def workbook(rows: int, *, kelas: str) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEAD)
    for number in range(rows):
        sheet.append(
            [
                *(f"{number:08}", f"Siswa {number}", kelas, "L" if number % 2 else "P", "2009-07-01"),
                *(f"Jl. Melati No. {number}", f"0812-0000-{number % 10_000:04}", f"siswa.{number}@siswa.example"),
            ]
        )
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def seconds(client: APIClient, content: bytes, *, query: str = "") -> float:
    file = SimpleUploadedFile("siswa.xlsx", content)
    began = time.perf_counter()
    answer = client.post(f"/api/siswa/import{query}", {"file": file}, format="multipart")
    taken = time.perf_counter() - began
    if answer.status_code != 200:
        raise SystemExit(answer.content.decode())
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    options = parser.parse_args()
    with throwaway_database():
        client = APIClient()
        client.force_authenticate(User.objects.create_superuser("benchmark"))
        first, second = (workbook(options.rows, kelas=kelas) for kelas in ("X-1", "XI-1"))
        taken = {
            "preview": seconds(client, first, query="?dry_run=1"),
            "import, all new": seconds(client, first),
            "import, all changed": seconds(client, second),
            "import, nothing to do": seconds(client, second),
        }
        rows = [Row((name, f"{value:.2f} s"), f"< {BUDGET:.0f} s", value < BUDGET) for name, value in taken.items()]
        table(f"{options.rows} rows", ("", "seconds"), rows)
    say()


if __name__ == "__main__":
    main()
