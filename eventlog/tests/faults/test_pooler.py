"""Behind PgBouncer, where each transaction may have another connection, everything does its work."""

import json

from eventlog.tests.faults.people import Person
from eventlog.tests.faults.pooler import behind_pgbouncer
from eventlog.tests.faults.servers import Site
from eventlog.tests.integrity.conftest import KEY

EVERYTHING = """
import json
from datetime import timedelta
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from edupro.school.models import Siswa
from eventlog import tasks
from eventlog.conf import conf
from eventlog.models import Archive, Event
from eventlog.tests.finished import wait_for_others

now = timezone.now()
for days in (1, 50, 200):
    EventLogger().log_event("MAINTENANCE", timestamp=now - timedelta(days=days), reason=str(days))
Siswa.objects.filter(nis="1").update(nama="Budi S.")
writer.stop()
tasks.drain()
wait_for_others(300)
done = [tasks.drain(), tasks.checkpoint(), tasks.archive(), tasks.clean_up(), tasks.make_partitions()]
for each in (tasks.compact_rollups, tasks.sweep_rules, tasks.forward, tasks.notify, tasks.thresholds):
    each()
verdict = tasks.verify()

client = Client()
client.force_login(User.objects.get(username="ada"))
admin = [f"/admin/eventlog/{name}/" for name in ("event", "dashboard", "status", "alert", "hold", "deadletter")]
paths = [*admin, "/api/events/analytics/summary", "/api/events/export?format=csv", "/api/siswa/export"]
answers = {}
for path in paths:
    response = client.get(path, HTTP_HOST="localhost")
    body = b"".join(response.streaming_content) if response.streaming else response.content
    answers[path] = [response.status_code, len(body) > 0]
writer.stop()
reasons = list(Event.objects.filter(event_type="MAINTENANCE").order_by("timestamp").values_list("reason", flat=True))
changes = Event.objects.filter(event_type="SISWA_BULK_UPDATE").count()
print("TOLD", json.dumps([verdict, Archive.objects.kept().count(), reasons, changes, answers]))
"""


def test_everything_does_its_work_behind_a_pooler(site: Site, people: list[Person]) -> None:
    """Without DISABLE_SERVER_SIDE_CURSORS the export of students would look for its cursor on another connection."""
    site.environment |= {"EVENTLOG_ARCHIVE_DIR": str(site.folder / "archive"), "EVENTLOG_SIGNING_KEY": KEY}
    site.url = f"{behind_pgbouncer(site, connections=2)}?disable_server_side_cursors=true&conn_max_age=0"
    verdict, files, reasons, changes, answers = json.loads(site.ran(EVERYTHING, seconds=400).split("TOLD ")[1])
    assert (verdict, files, reasons, changes) == ("valid", 2, ["50", "1"], 1)
    assert {tuple(each) for each in answers.values()} == {(200, True)}
