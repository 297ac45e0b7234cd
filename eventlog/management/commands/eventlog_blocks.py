"""`manage.py eventlog_blocks`: who may not sign in for now, and letting them."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from eventlog.blocking import blocks
from eventlog.management.facts import Facts, FactsCommand
from eventlog.models import Block


class Command(FactsCommand):
    help = "Tell which accounts are kept from signing in, and lift what keeps them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--lift", action="store_true", help="Let those that are chosen sign in again at once.")
        parser.add_argument("--account", metavar="NAME", help="Those of this account alone.")
        parser.add_argument("--address", metavar="ADDRESS", help="Those of this address alone.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        chosen = [block for block in blocks.in_force() if is_meant(block, options)]
        lifted = [block for block in chosen if options["lift"] and blocks.lift(block)]
        return {"blocks": [fact(block) for block in chosen], "lifted": len(lifted)}

    def in_words(self, facts: Facts) -> str:
        lines = [
            f"{each['username']} from {each['address'] or 'new addresses'} until {each['until']}"
            for each in facts["blocks"]
        ]
        if facts["lifted"]:
            lines.append(f"Lifted: {facts['lifted']}")
        return "\n".join(lines) or "Nobody is blocked."


def is_meant(block: Block, options: Mapping[str, Any]) -> bool:
    account, address = options["account"], options["address"]
    return (account is None or block.username == blocks.normalised(account)) and address in (None, block.address)


def fact(block: Block) -> dict[str, Any]:
    until = timezone.localtime(block.until).isoformat(timespec="seconds")
    return {"username": block.username, "address": block.address, "until": until, "reason": block.reason}
