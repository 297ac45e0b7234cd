"""The archive in a bucket of S3, by a server that speaks as S3 does."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventlog.tests.faults.servers import Site, free_port
from eventlog.tests.integrity.conftest import KEY

NUMBER = 20
PRELUDE = """
sys.path.append(os.environ["S3_LIBRARIES"])
import s3fs
from datetime import timedelta
from django.utils import timezone
from eventlog.integrity import verify
from eventlog.record import make_record
from eventlog.retention import archive, cleanup, restore, shelf
from eventlog.retention.keeping import Keeping
from eventlog.tests.finished import wait_for_others
from eventlog.tests.retention.archives import ALWAYS
"""
STORES = f"""{PRELUDE}
s3fs.S3FileSystem().mkdir("school")
for days in (50, 51): store.write(store.Batch([make_record("MAINTENANCE",
    {{"timestamp": timezone.now() - timedelta(days=days)}}).to_json() for _ in range({NUMBER})]))
wait_for_others()
"""
DIES = f"{STORES}setattr(shelf.Shelf, sys.argv[1], die)\nlist(archive.run())"
ARCHIVES = f"""{PRELUDE}
wait_for_others()
made = [step.archive for step in archive.run()]
there = s3fs.S3FileSystem().find("school")
print("ARCHIVED", len(made), sorted(there) == sorted(f"school/events/{{each.path}}" for each in made))
"""
RETURNS = f"""{PRELUDE}
list(cleanup.clean_up(Keeping(days=1)))
gone = store.Event.objects.filter(event_type="MAINTENANCE").count()
back = sum(each.added for each in restore.restore(restore.Wanted(*ALWAYS)))
found = verify.total(list(verify.verify(verify.Question(), using="default")))
print("BACK", gone, back, found.verdict)
"""
EXPIRES = f"""{PRELUDE}
print("EXPIRED", len(list(archive.run())), s3fs.S3FileSystem().find("school"))
"""


@dataclass(frozen=True)
class Tools:
    """A server that speaks as S3 does, and the libraries to speak with it."""

    server: Path
    libraries: Path

    @classmethod
    def on_path(cls) -> Iterator["Tools"]:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        for folder in map(Path, os.get_exec_path()):
            found = cls(folder / "moto_server", folder.parent / "lib" / version / "site-packages")
            if found.server.exists() and (found.libraries / "s3fs").is_dir():
                yield found


@pytest.fixture
def bucket_site(site: Site) -> Site:
    """One whose archive is in a bucket, which its first script makes."""
    tools = next(Tools.on_path(), None)
    if tools is None:
        pytest.skip("no S3: pip install 'moto[server]' s3fs into an environment of this Python's, its bin on PATH")
    port = free_port()
    site.run(str(tools.server), "--host", "127.0.0.1", "--port", str(port), name="s3")
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    where = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    ours = {
        "EVENTLOG_ARCHIVE_DIR": "s3://school/events",
        "EVENTLOG_SIGNING_KEY": KEY,
        "S3_LIBRARIES": str(tools.libraries),
    }
    site.environment.update({**dict.fromkeys(names, "school"), **where, **ours})
    return site


def test_events_go_to_a_bucket_and_come_back(bucket_site: Site) -> None:
    bucket_site.ran(STORES, seconds=90)
    assert "ARCHIVED 2 True" in bucket_site.ran(ARCHIVES, seconds=90)
    assert f"BACK 0 {2 * NUMBER} valid" in bucket_site.ran(RETURNS, seconds=90)
    bucket_site.environment["EVENTLOG_ARCHIVE_RETENTION_DAYS"] = "45"
    assert "EXPIRED 2 []" in bucket_site.ran(EXPIRES, seconds=90)


@pytest.mark.parametrize("step", ["sum", "rename"])
def test_an_archive_that_is_killed_leaves_nothing_else_in_the_bucket(bucket_site: Site, step: str) -> None:
    assert bucket_site.script(DIES, step).wait(seconds=90) == -9
    assert "ARCHIVED 2 True" in bucket_site.ran(ARCHIVES, seconds=90)
