"""An erasure that is killed, wherever that is, is completed by the next run; nothing is half done then."""

from pathlib import Path
from typing import Any

import pytest

from eventlog.integrity import archives, removals
from eventlog.models import Event, SubjectRequest
from eventlog.subjects import archived, erase, tables
from eventlog.tests.integrity.conftest import checkpoint
from eventlog.tests.retention.archives import archived as make_archive
from eventlog.tests.retention.archives import verified
from eventlog.tests.retention.test_archive_faults import killed
from eventlog.tests.subjects import scene
from eventlog.tests.subjects.scene import dumped, facts, in_files, stored, traces
from eventlog.tests.subjects.test_erase import erase_both

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


@pytest.mark.parametrize(
    ("owner", "step", "after"),
    [
        (erase, "planned", True),  # it is known who it is, and nothing is done
        (removals, "write", True),  # all but the COMMIT
        (archived, "is_concerned", False),  # the table is done, no file is
        (archived, "written", True),  # a new file is there, and its row is of the old one
        (archived, "let_go", False),  # its row is of the new one, and the old one is there
        (tables, "in_place", False),
        (tables, "forget_request", True),  # all but the last COMMIT
    ],
)
def test_an_erasure_that_is_killed_is_completed(owner: Any, step: str, after: bool, folder: Path) -> None:
    stored(50)
    make_archive()
    stored()
    before = facts()
    killed(erase_both, owner, step, after=after)
    assert verified().findings == ()
    assert SubjectRequest.objects.get().state == "confirmed"
    erase_both()
    assert traces(dumped()) == set() and traces(in_files(folder)) == set()
    assert facts()[: len(before)] == before and len(list(folder.rglob("*.*"))) == 1
    checkpoint()
    assert verified().findings == () and all(each.findings == () for each in archives.check(using="default"))
    told = Event.objects.filter(event_type="SUBJECT_ERASED", entity_type=scene.REQUEST)
    assert told.count() == SubjectRequest.objects.count() == 2
