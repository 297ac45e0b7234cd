"""What the behaviour rules would have found in stored events. Opens no alerts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from eventlog.detection.findings import Finding
from eventlog.detection.rehearsal import Rehearsal, rehearse
from eventlog.detection.rules import RULES
from eventlog.management.facts import Facts
from eventlog.pipeline.outbox import events_alias
from eventlog.search.times import RELATIVE, span_of

HELP: Final = "Run the behaviour rules over stored events."
MAX_TARGETS: Final = 20  # of a rule, in words


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--since", default="7d", metavar="TIME", help="7d, 24h or 2026-03-02. Default 7d.")


def facts(options: Mapping[str, Any]) -> Facts:
    until = timezone.now()
    rehearsal, since = Rehearsal(), begin_of(options["since"])
    with tqdm(desc="Looking", unit=" events", disable=None) as bar:
        for number in rehearse(rehearsal, since, until, events_alias()):
            bar.update(number)
    told = {"since": since.isoformat(), "until": until.isoformat(), "events": rehearsal.events}
    return {**told, "rules": by_rule(rehearsal.findings.values())}


def is_good(facts: Facts) -> bool:
    return True


def begin_of(since: str) -> datetime:
    try:
        return span_of(f"-{since}" if RELATIVE.fullmatch(f"-{since}") else since).begin
    except ValueError:
        raise CommandError(f"--since: {since} is no time such as 7d, 24h or 2026-03-02.") from None


def by_rule(found: Iterable[Finding]) -> dict[str, dict[str, Any]]:
    """Of all rules that are on, in their order; those that found nothing too."""
    all_of: dict[str, list[Finding]] = {rule.name: [] for rule in RULES if rule.is_enabled}
    for each in found:
        all_of[each.rule].append(each)
    return {name: summed(findings) for name, findings in all_of.items()}


def summed(found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "count": len(found),
        "targets": sorted({each.target for each in found}),
        "first": min((each.first_seen.isoformat() for each in found), default=None),
        "last": max((each.last_seen.isoformat() for each in found), default=None),
    }


def in_words(facts: Facts) -> list[str]:
    lines = [f"{facts['events']:,} events since {facts['since']} were looked at. No alert was opened."]
    for name, told in facts["rules"].items():
        if told["count"]:
            targets = ", ".join(told["targets"][:MAX_TARGETS])
            more = f" and {len(told['targets']) - MAX_TARGETS} more" if len(told["targets"]) > MAX_TARGETS else ""
            lines.append(f"{name}: {told['count']} from {told['first']} to {told['last']}: {targets}{more}")
    quiet = [name for name, told in facts["rules"].items() if not told["count"]]
    return [*lines, f"Nothing: {', '.join(quiet) or '-'}."]
