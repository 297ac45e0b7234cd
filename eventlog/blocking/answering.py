"""What is done about findings, where `BLOCK_AFTER_BRUTE_FORCE` is on: who guesses now is refused.

A finding is of a day and names whoever had a part in it. Blocked are the pairs that have had too many failures just
now, as the events say, so that nobody's morning mistake is held against him in the evening.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from django.db.models import Count
from django.db.models.functions import Lower

from eventlog import catalog
from eventlog.blocking import blocks
from eventlog.blocking.blocks import Pair
from eventlog.capture.logins import BLOCKED
from eventlog.conf import conf
from eventlog.detection.findings import Finding
from eventlog.models import Event
from eventlog.pipeline.outbox import events_alias

LATELY: Final = timedelta(minutes=15)


def answer(findings: Sequence[Finding]) -> None:
    """May be given the same ones again. Raises `django.db.Error`."""
    if not conf.BLOCK_AFTER_BRUTE_FORCE:
        return
    for finding in findings:
        for pair in pairs(finding):
            blocks.place(pair, reason=finding.rule, at=finding.last_seen)


def pairs(finding: Finding) -> Iterator[Pair]:
    accounts = list(map(str, finding.data.get("accounts") or ()))
    if finding.event_type == catalog.DISTRIBUTED_BRUTE_FORCE:
        yield from map(Pair, accounts)
    elif finding.event_type == catalog.BRUTE_FORCE and accounts:
        yield from guessing(accounts, finding)


def guessing(accounts: Sequence[str], finding: Finding) -> Iterator[Pair]:
    """Of these accounts, with each address that has failed too often at it, and since somebody has lifted its block
    (events_sign_in_name)."""
    failures = (
        Event.objects.using(events_alias())
        .annotate(account=Lower("username"))
        .filter(event_type=catalog.LOGIN_FAILED, account__in=[name.lower() for name in accounts])
        .filter(timestamp__gt=finding.last_seen - LATELY, timestamp__lte=finding.last_seen, ip_address__isnull=False)
        .exclude(error_code=BLOCKED)
    )
    counted = failures.values("account", "ip_address").annotate(failures=Count("id")).order_by()
    for row in counted.filter(failures__gte=conf.FAILED_LOGIN_THRESHOLD):
        pair = Pair(row["account"], row["ip_address"])
        lifted_at = blocks.lifted_at(pair)
        his = failures.filter(account=pair.username, ip_address=pair.address)
        if lifted_at is None or his.filter(timestamp__gt=lifted_at).count() >= conf.FAILED_LOGIN_THRESHOLD:
            yield pair
