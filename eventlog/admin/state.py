"""What the status page tells, all of it asked at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections
from django.utils import timezone

from eventlog.alerts.readings import Look
from eventlog.conf import conf
from eventlog.integrity import keys
from eventlog.models import Archive, Checkpoint, DeadLetter, EventAnchor, EventForward, SubjectRequest
from eventlog.models.subject import Standing
from eventlog.monitoring.doings import Done, last_done
from eventlog.monitoring.growth import Growth, growth
from eventlog.monitoring.settings import InForce, in_force
from eventlog.monitoring.writers import WriterState, writers
from eventlog.pipeline.accounts import Accounts, accounts, of_other_databases
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions
from eventlog.retention.keeping import Keeping

GRACE: Final = timedelta(days=2)  # for a clean-up that runs once a day


@dataclass(frozen=True, slots=True)
class State:
    """`refused` is the number of refused events that are still kept, by what became of them; `checkpoint` is when the
    newest one was made; `archive` how its files had their turns; `is_behind` is whether something should have been
    removed."""

    look: Look
    accounts: Accounts
    refused: Mapping[str, int]
    writers: list[WriterState]
    partitions: list[partitions.Size]
    is_behind: bool
    growth: Growth
    requests: Standing
    done: Mapping[str, Done]
    checkpoint: datetime | None
    anchors: list[EventAnchor]
    archive: Mapping[str, Any]
    sinks: list[EventForward]
    other_databases: Mapping[str, int]
    settings: list[InForce]
    is_signing: bool

    @classmethod
    def taken(cls) -> "State":
        """Raises `django.db.Error`."""
        alias = events_alias()
        look, is_signing = Look.taken(), keys.is_signing()
        newest = Checkpoint.objects.using(alias).order_by("-id").values_list("made_at", flat=True)
        with connections[alias].cursor() as cursor:
            sizes = partitions.sizes(cursor)
            is_behind = Keeping(now=timezone.now() - GRACE).is_behind(cursor)
        return cls(
            look=look,
            accounts=accounts(),
            refused=DeadLetter.objects.using(alias).counts_by_state(),
            writers=writers(look.stored),
            partitions=sizes,
            is_behind=is_behind,
            growth=growth(sizes, Keeping(), alias),
            requests=SubjectRequest.objects.using(alias).standing(look.now),
            done=last_done(),
            checkpoint=look.checkpoints.made_at if is_signing else newest.first(),
            anchors=list(
                EventAnchor.objects.using(alias).filter(pk__in=list(conf.CHECKPOINT_ANCHORS)).order_by("name")
            ),
            archive=Archive.objects.using(alias).kept().turns() if conf.ARCHIVE_DIR else {},
            sinks=list(EventForward.objects.using(alias).order_by("sink")) if conf.FORWARD_TO else [],
            other_databases=of_other_databases(),
            settings=list(in_force()),
            is_signing=is_signing,
        )
