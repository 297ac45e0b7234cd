"""The scheduled jobs. Each is thin, bounded and may run twice; when they are due says `schedule`."""

from celery import shared_task
from django.utils.translation import gettext_noop

from eventlog import catalog
from eventlog.alerts import delivery, looking
from eventlog.analytics import rollups
from eventlog.conf import conf
from eventlog.detection import sweep
from eventlog.forwarding import forwarder
from eventlog.integrity import anchors, checkpoints, rounds
from eventlog.logger import log_event
from eventlog.models import SubjectRequest
from eventlog.pipeline import drain as draining
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import archive as archiving
from eventlog.retention import cleanup, partitions
from eventlog.subjects import erase as erasing

SWEEP_SECONDS = 20.0  # after which no step is begun: less than the schedule's period
VERIFY_SECONDS = 600.0  # of a night, after which no part is begun: some millions of events; half of it for the archive


@shared_task(ignore_result=True)
def make_partitions() -> list[str]:
    """Make the partitions of the time to come; the names of those that were missing."""
    made = partitions.make_ahead(using=events_alias())
    if made:
        log_event(catalog.MAINTENANCE, event_name=gettext_noop("Partitions made"), event_data={"partitions": made})
    return made


@shared_task(ignore_result=True)
def clean_up() -> None:
    """Remove the events that are past their time and under no hold."""
    for _ in cleanup.clean_up():
        continue


@shared_task(ignore_result=True)
def archive() -> int:
    """Copy the events of days that are old enough to files, with `ARCHIVE_DIR`; how many events that was."""
    return sum(0 if step.is_removal else step.archive.row_count for step in archiving.run()) if conf.ARCHIVE_DIR else 0


@shared_task(ignore_result=True)
def drain() -> None:
    """Store what dead processes left in the journal, and the outbox of a site that has no process running."""
    draining.drain()


@shared_task(ignore_result=True)
def compact_rollups() -> int:
    """Put the counts of minutes together to hours, and those to days; how many counts that made or changed."""
    return rollups.compact()


@shared_task(ignore_result=True, time_limit=120)
def sweep_rules() -> int:
    """Look at what was stored since, and was perhaps not looked at when it was; how many events that was."""
    return sweep.sweep(seconds=SWEEP_SECONDS) if conf.DETECT_BEHAVIOUR else 0


@shared_task(ignore_result=True, time_limit=120)
def forward() -> int:
    """Send the sinks of FORWARD_TO what was stored since; how many events that was."""
    return sum(run.sent for run in forwarder.forward())


@shared_task(ignore_result=True, time_limit=120)
def notify() -> int:
    """Send what is due of the notifications about alerts; how many that was."""
    return delivery.deliver()


@shared_task(ignore_result=True)
def thresholds() -> int:
    """Look whether the site and the event log keep within their limits; how many limits were exceeded."""
    return looking.look()


@shared_task(ignore_result=True)
def erase_subjects() -> int:
    """Erase the people whose erasure was confirmed, or begun and not ended; how many that was. What stands in the way
    is in the request."""
    return sum(map(erasing.carry_out, SubjectRequest.objects.using(events_alias()).to_erase()))


@shared_task(ignore_result=True)
def checkpoint() -> int | None:
    """Sign what the log of batches is now; how many entries it has, None without a key."""
    made = checkpoints.make(using=events_alias())
    return None if made is None else made.size


@shared_task(ignore_result=True, time_limit=120)
def anchor() -> int:
    """Give the newest checkpoint to the anchors whose time has come; how many have taken it."""
    return sum(not given.error for given in anchors.give(using=events_alias()))


@shared_task(ignore_result=True)
def verify() -> str:
    """Compare the log, and the next part of the events and of the archive, with what was sealed; the verdict."""
    return rounds.go_on(seconds=VERIFY_SECONDS, using=events_alias()).verdict
