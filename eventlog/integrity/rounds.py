"""The verification by itself: all of the log each time, and a part of the events and of the archive's files, so that
all have their turn.

What is not as it was is a finding. Its id is fixed by what it names, so it is told, and opens its alert, once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.detection.findings import Finding as Told
from eventlog.detection.findings import hand_on
from eventlog.integrity import archives, chains, checking
from eventlog.integrity.checking import Stretch
from eventlog.integrity.verdicts import MISSING, Finding, Verified
from eventlog.integrity.verify import BATCHES_AT_ONCE, FIRST, LAST
from eventlog.logger import log_event
from eventlog.models import Archive, EventFinding, EventSweep
from eventlog.models.archive import KEPT

NAME: Final = "verification"
RULE: Final = "tampering"
OF_EVENT: Final = "event "
IN_FILE: Final = " in archive file "
FILES_AT_ONCE: Final = 60  # of a night: five years of days have their turn in a month
MOST_TOLD: Final = 100  # of one run; how many there were is in its event
BORDER: Final = "SELECT id FROM event_batches WHERE id > %s ORDER BY id OFFSET %s LIMIT 1"


def go_on(*, seconds: float, using: str) -> Verified:
    """Verify from where the last run has got to, until the end of the round or until the time is up. Then files of the
    archive, for half as long.

    Raises `django.db.Error`; the next run begins then with the part that was not finished. Raises OSError where the
    archive cannot be used, when what was found is told."""
    end, place = monotonic() + seconds, FIRST
    with checking.snapshot(using) as cursor:
        found, signed = chains.check_log(cursor, conf.CHECKPOINT_DIR)
    for part in parts(using):
        found += checking.check(part, signed, using=using)
        place = part.until
        if not went_on(part, using) or monotonic() > end:
            break
    try:
        for file in files(seconds=seconds / 2, using=using):
            found += file
    finally:
        tell(found, is_whole=place == LAST, using=using)
    return found


def parts(using: str) -> Iterator[Stretch]:
    """To the end of the round."""
    known, _is_new = EventSweep.objects.using(using).get_or_create(pk=NAME, defaults={"place": str(FIRST)})
    after = UUID(known.place)
    while after != LAST:
        with connections[using].cursor() as cursor:
            cursor.execute(BORDER, [str(after), BATCHES_AT_ONCE - 1])
            border = cursor.fetchone()
        until = border[0] if border else LAST
        yield Stretch(after, until, is_first=after == FIRST)
        after = until


def went_on(part: Stretch, using: str) -> bool:
    """Write down how far it got; False where somebody else was at the same part meanwhile."""
    after = FIRST if part.until == LAST else part.until
    place = EventSweep.objects.using(using).filter(pk=NAME, place=str(part.after))
    return bool(place.update(place=str(after), swept_at=timezone.now()))


def files(*, seconds: float, using: str) -> Iterator[Verified]:
    """Of the archive those that were looked at the longest ago; of the others whether the log knows of their end."""
    if not conf.ARCHIVE_DIR:
        return
    end, known = monotonic() + seconds, Archive.objects.using(using)
    yield archives.lost(using=using)
    yield from archives.check_files(known.made().exclude(state=KEPT), using=using)
    turns = known.kept().by_turn()[:FILES_AT_ONCE]
    yield from archives.check_files(taken(turns, end, using), using=using)


def taken(turns: Iterable[Archive], end: float, using: str) -> Iterator[Archive]:
    """Until the time is up, but at least one. Its turn is over whatever comes of it: one that cannot be read would keep
    the others from theirs."""
    for archive in turns:
        Archive.objects.using(using).filter(pk=archive.pk).update(looked_at=timezone.now())
        yield archive
        if monotonic() > end:
            return


# --- what follows ---
def tell(found: Verified, *, is_whole: bool, using: str) -> None:
    """`is_whole`: a round ended with it, so by now everything has been looked at."""
    now = timezone.now()
    news = unknown([told(each, now) for each in found.ordered], using)
    hand_on(news[:MOST_TOLD])
    numbers = {each.name: getattr(found, each.name) for each in fields(found) if each.name != "findings"}
    said = {"verdict": found.verdict, "findings": len(found.findings), "new": len(news), "is_whole": is_whole}
    bad: dict[str, Any] = {"event_status": catalog.ERROR, "severity": catalog.HIGH} if found.findings else {}
    log_event(catalog.EVENTS_VERIFIED, event_data={**said, **numbers}, **bad)


def told(finding: Finding, now: datetime) -> Told:
    """`key` says nothing that may be another the next time, as the size of the log is."""
    event = finding.what.removeprefix(OF_EVENT)
    is_there = event != finding.what and finding.verdict != MISSING and IN_FILE not in event
    return Told(
        rule=RULE,
        event_type=catalog.TAMPERING,
        severity=catalog.TYPES[catalog.TAMPERING].severity,
        target="site",
        key=f"{finding.verdict} {finding.what}",
        first_seen=now,
        last_seen=now,
        event_count=1,
        events=(UUID(event),) if is_there else (),
        data={"verdict": finding.verdict, "what": finding.what, "why": finding.why},
    )


def unknown(found: Sequence[Told], using: str) -> list[Told]:
    """Without those that were told already: what somebody has closed stays closed."""
    by_id = {each.id: each for each in found}
    known = EventFinding.objects.using(using).filter(pk__in=list(by_id)).values_list("pk", flat=True)
    return [each for key, each in by_id.items() if key not in set(known)]
