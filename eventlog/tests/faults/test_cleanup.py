"""A clean-up that is killed in the middle of a step has taken nothing without saying so, and the next one goes on; so
with a move into a partition."""

from eventlog.tests.faults.servers import Site
from eventlog.tests.integrity.conftest import KEY

OLD = 20
STORES = f"""
from datetime import timedelta
from django.utils import timezone
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.periods import Month
old = timezone.now() - timedelta(days=200)
partitions.with_short_locks("default", partitions.attach, Month.of(old))
for days in (200, 100): store.write(store.Batch([make_record("MAINTENANCE",
    {{"timestamp": timezone.now() - timedelta(days=days)}}).to_json() for _ in range({OLD})]))
"""
# Each dies with its step begun: of a partition that is dropped, of a batch that is deleted.
DIES = """
from eventlog.integrity import removals
from eventlog.retention import cleanup, partitions
cleanup.ROWS_AT_ONCE, really, steps = 5, removals.write, []
def write(cursor, removed):
    really(cursor, removed)
    steps.append(removed)
    if len(steps) == int(sys.argv[1]): die()
removals.write = write
for _ in cleanup.clean_up(): pass
"""
STORES_LATE = f"""
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.periods import Month
month = Month(2001, 1)
store.write(store.Batch([make_record("MAINTENANCE", {{"timestamp": month.start}}).to_json() for _ in range({OLD})]))
"""
MOVES = 'partitions.with_short_locks("default", partitions.attach, month)'
LOOKS = """
from eventlog.integrity import checkpoints, verify
checkpoints.make(using="default")
found = verify.total(list(verify.verify(verify.Question(), using="default")))
print("FOUND", found.verdict, found.removed, *found.ordered)
"""


def test_a_killed_clean_up_is_continued(site: Site) -> None:
    site.environment.update(EVENTLOG_SIGNING_KEY=KEY)
    site.ran(STORES)
    old = "timestamp < now() - interval '90 days'"
    for dies_at, left in ((1, 2 * OLD), (3, OLD - 5)):
        assert site.script(DIES, str(dies_at)).wait() == -9
        assert site.count(old) == left
        assert f"FOUND valid {2 * OLD - left}\n" in site.ran(LOOKS)
    site.manage("eventlog_cleanup")
    assert site.count(old) == 0 and f"FOUND valid {2 * OLD}\n" in site.ran(LOOKS)


def test_a_killed_move_into_a_new_partition_has_moved_nothing(site: Site) -> None:
    assert site.script(f"{STORES_LATE}partitions.take_over = die\n{MOVES}").wait() == -9
    assert site.count("tableoid = 'events_default'::regclass") == OLD
    site.ran(f"{STORES_LATE}{MOVES}")
    assert site.count("tableoid = 'events_2001_01'::regclass") == site.count() == 2 * OLD
