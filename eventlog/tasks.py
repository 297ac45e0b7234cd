"""The scheduled jobs. Each is thin, bounded and may run twice; the schedule is the project's."""

from celery import shared_task

from eventlog import catalog
from eventlog.analytics import rollups
from eventlog.forwarding import forwarder
from eventlog.logger import log_event
from eventlog.pipeline import drain as draining
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import cleanup, partitions


@shared_task(ignore_result=True)
def make_partitions() -> list[str]:
    """Make the partitions of the months ahead; the names of those that were missing."""
    made = partitions.make_ahead(using=events_alias())
    if made:
        log_event(catalog.MAINTENANCE, event_name="Partitions made", event_data={"partitions": made})
    return made


@shared_task(ignore_result=True)
def clean_up() -> None:
    """Remove the events that are past `LOG_RETENTION_DAYS`."""
    for _ in cleanup.clean_up(cleanup.cutoff()):
        continue


@shared_task(ignore_result=True)
def drain() -> None:
    """Store what dead processes left in the journal, and the outbox of a site that has no process running."""
    draining.drain()


@shared_task(ignore_result=True)
def compact_rollups() -> int:
    """Put the counts of minutes together to hours, and those to days; how many of them that made."""
    return rollups.compact()


@shared_task(ignore_result=True, time_limit=120)
def forward() -> int:
    """Send the sinks of FORWARD_TO what was stored since; how many events that was."""
    return sum(run.sent for run in forwarder.forward())
