"""A process that is killed between sending and writing down that it has sent: nothing is lost."""

import json
from pathlib import Path

from eventlog.tests.faults.servers import Site

KILLED = """
from eventlog.models import EventForward
EventForward.went_on = die
from eventlog.forwarding import forwarder
forwarder.forward()
"""


def test_what_was_sent_before_a_kill_comes_again_and_nothing_is_lost(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    options = {"kind": "file", "path": str(path), "from": "oldest", "query": "type:MAINTENANCE"}
    site.environment["EVENTLOG_FORWARD_TO"] = json.dumps({"file": options})
    site.ran("[record(number) for number in range(20)]")
    assert site.script(KILLED).wait() != 0
    assert len(path.read_bytes().splitlines()) == 20
    site.ran("[record(number) for number in range(20, 25)]")
    site.manage("eventlog_forward", "--once")
    found = [json.loads(line)["id"] for line in path.read_bytes().splitlines()]
    assert (len(found), len(set(found))) == (45, 25)
    site.manage("eventlog_forward", "--once")
    assert len(path.read_bytes().splitlines()) == 45
