"""`manage.py eventlog_hold`: keep events whatever their time, and let them go again."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from eventlog.context import starter
from eventlog.management.facts import Facts, FactsCommand
from eventlog.management.times import moment
from eventlog.models import Hold
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import holds


class Command(FactsCommand):
    help = "Place a legal hold, which keeps the events that it is about whatever their time; lift one; list them."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        place = does.add_parser("place", help="Keep the events for which all of it is true that is given.")
        place.add_argument("--user", metavar="NAME", default="", help="Of this person; the account may be gone.")
        place.add_argument("--entity", metavar=("TYPE", "ID"), nargs="+", default=[], help="siswa, or siswa 123.")
        place.add_argument("--request", metavar="ID", default="", help="Of this request.")
        place.add_argument("--from", dest="begin", type=moment, metavar="TIME", help="From this time on.")
        place.add_argument("--to", dest="end", type=moment, metavar="TIME", help="Before this time.")
        place.add_argument("--until", type=moment, metavar="TIME", help="When the hold ends by itself.")
        place.add_argument("--reason", required=True, help="Why; must be given.")
        lift = does.add_parser("lift", help="Let the events go again with their time.")
        lift.add_argument("hold", type=int, metavar="NUMBER", help="As the list shows it.")
        lift.add_argument("--reason", required=True, help="Why; must be given.")
        listing = does.add_parser("list", help="Those in force.")
        listing.add_argument("--all", action="store_true", help="Those that are lifted or over, too.")
        for each in (place, lift, listing):
            super().add_arguments(each)

    def facts(self, options: Mapping[str, Any]) -> Facts:
        found = DOES[options["does"]](options)
        return {"does": options["does"], "holds": [fact(hold) for hold in found]}

    def in_words(self, facts: Facts) -> str:
        return "\n".join(map(line, facts["holds"])) or "No hold is in force."


def place(options: Mapping[str, Any]) -> list[Hold]:
    if len(options["entity"]) > 2:
        raise CommandError("--entity takes the kind of record, and its ID.")
    kind, key = (*options["entity"], "", "")[:2]
    about = {"username": options["user"], "entity_type": kind, "entity_id": key, "request_id": options["request"]}
    times = {name: options[name] for name in ("begin", "end", "until")}
    hold = Hold(reason=options["reason"], **about, **times)
    try:
        holds.place(hold, by=starter().username)
    except ValidationError as refused:
        raise CommandError(" ".join(refused.messages)) from None
    hold.refresh_from_db(using=events_alias())
    return [hold]


def lift(options: Mapping[str, Any]) -> list[Hold]:
    hold = Hold.objects.using(events_alias()).in_force().filter(pk=options["hold"]).first()
    if hold is None or not holds.lift(hold, reason=options["reason"], by=starter().username):
        raise CommandError(f"No hold {options['hold']} is in force.")
    return [hold]


def listed(options: Mapping[str, Any]) -> list[Hold]:
    every = Hold.objects.using(events_alias())
    return list((every.all() if options["all"] else every.in_force()).order_by("pk"))


DOES = {"place": place, "lift": lift, "list": listed}


def fact(hold: Hold) -> dict[str, Any]:
    times = {name: getattr(hold, name) for name in ("until", "placed_at", "lifted_at")}
    written = {name: None if value is None else value.isoformat() for name, value in times.items()}
    about = {name: str(value) for name, value in holds.conditions(hold).items()}
    people = {"placed_by": hold.placed_by, "lifted_by": hold.lifted_by, "lift_reason": hold.lift_reason}
    return {"hold": hold.pk, "about": about, "reason": hold.reason, "in_force": hold.is_in_force, **written, **people}


def line(hold: Mapping[str, Any]) -> str:
    about = ", ".join(f"{name} {value}" for name, value in hold["about"].items())
    state = "in force" if hold["in_force"] else f"lifted {hold['lifted_at']}" if hold["lifted_at"] else "over"
    until = f" until {hold['until']}" if hold["until"] and hold["in_force"] else ""
    return f"Hold {hold['hold']}, {state}{until}: {about}. {hold['reason']} ({hold['placed_by']}, {hold['placed_at']})"
