"""The pairs of address and account that are refused: put there by findings, asked at each sign-in, lifted by people.

They are in the database, so that all processes and machines see the same. Where it does not answer nobody is refused:
it keeps the accounts, too.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import Error, transaction
from django.db.models import F
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.detection.observations import SUCCESSES
from eventlog.logger import log_event
from eventlog.models import Block, Event
from eventlog.pipeline.outbox import events_alias

USED_TO: Final = timedelta(days=30)  # how long an account is used to an address from which it has signed in


@dataclass(frozen=True, slots=True)
class Pair:
    """Without an address: the account, wherever it is new."""

    username: str
    address: str | None = None


def normalised(username: str) -> str:
    """As accounts are told apart by who guesses at them: width and case make no other."""
    return unicodedata.normalize("NFKC", username).casefold().strip()[:150]


def place(pair: Pair, *, reason: str, at: datetime | None = None) -> Block | None:
    """Refuse the pair for `BLOCK_MINUTES` from now, or from `at`; None where it must not be, or is already."""
    pair = Pair(normalised(pair.username), pair.address)
    since = at or timezone.now()
    until = since + timedelta(minutes=conf.BLOCK_MINUTES)
    if not pair.username or until <= timezone.now() or is_safe(pair):
        return None
    alias = events_alias()
    with transaction.atomic(using=alias):
        key = {"username": pair.username, "address": pair.address}
        fresh = {"reason": reason, "since": since, "until": until, "lifted_at": None}
        block, is_new = Block.objects.using(alias).select_for_update().get_or_create(**key, defaults=fresh)
        if not is_new:
            if block.is_in_force or (block.lifted_at is not None and block.lifted_at >= since):
                return None  # it lasts as long as was said; or somebody has lifted it, knowing of this
            Block.objects.using(alias).filter(pk=block.pk).update(**fresh, times=F("times") + 1)
            block.refresh_from_db()
        tell(block, catalog.IP_BLOCKED if pair.address else catalog.ACCOUNT_LOCK)
    return block


def is_safe(pair: Pair) -> bool:
    """Whether it is a superuser from a network that is safe: the last who could undo it."""
    return pair.address is not None and in_safe_network(pair.address) and is_superuser(pair.username)


def in_safe_network(address: str) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in conf.SAFE_NETWORKS)


def is_superuser(username: str) -> bool:
    user_model = get_user_model()
    named = {f"{user_model.USERNAME_FIELD}__iexact": username}
    return user_model._default_manager.filter(**named, is_superuser=True, is_active=True).exists()


def against(address: str, username: str) -> Block | None:
    """What refuses this sign-in; never raises for a database that is away, nor for a name that it cannot hold."""
    name = normalised(username)
    try:
        blocks = list(Block.objects.using(events_alias()).against(address, name))
    except (Error, ValueError):
        return None
    if not blocks or is_safe(Pair(name, address)):
        return None
    exact = next((block for block in blocks if block.address is not None), None)
    return exact or (None if is_used_to(name, address) else blocks[0])


def is_used_to(username: str, address: str) -> bool:
    """Whether the account has signed in from there lately, before anybody began to guess."""
    since = timezone.now() - USED_TO
    logins = Event.objects.using(events_alias()).filter(event_type__in=SUCCESSES, ip_address=address)
    return logins.filter(timestamp__gte=since, username__iexact=username).exists()


def lifted_at(pair: Pair) -> datetime | None:
    """When somebody has lifted its last block; None where nobody has."""
    known = Block.objects.using(events_alias()).filter(username=normalised(pair.username), address=pair.address)
    return known.values_list("lifted_at", flat=True).first()


def lift(block: Block, **columns: Any) -> bool:
    """Let the pair sign in again at once; False where it may already. `columns` go into the event."""
    alias = events_alias()
    with transaction.atomic(using=alias):
        now = timezone.now()
        if not Block.objects.using(alias).in_force(now).filter(pk=block.pk).update(lifted_at=now):
            return False
        tell(block, catalog.IP_UNBLOCKED if block.address else catalog.ACCOUNT_UNLOCK, **columns)
    return True


def tell(block: Block, event_type: str, **columns: Any) -> None:
    """Of the account as whom nobody has signed in: who acts is in the context."""
    data = {"address": block.address, "username": block.username, "until": block.until, "times": block.times}
    name = str(block)
    log_event(
        event_type, entity_type="block", entity_id=block.pk, entity_name=name, reason=block.reason, event_data=data,
        **columns,
    )  # fmt: skip


def in_force() -> Iterator[Block]:
    yield from Block.objects.using(events_alias()).in_force()
