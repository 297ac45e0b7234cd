"""What the detector of attacks sees in a text."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import CommandParser

from eventlog.capture.threats import EVENT_TYPES
from eventlog.detection.payloads import MEDIUM, findings
from eventlog.detection.payloads.decoding import decoded
from eventlog.management.commands.eventlog_tail import printable
from eventlog.management.facts import Facts

HELP: Final = "Explain what the detector of attacks sees in a text."
MAX_TEXT: Final = 500  # characters of a decoded text, in words


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("text", help="As it was sent.")
    places = "query, path, body_form, body_json, cookie, file, or header: with a name"
    parser.add_argument("--where", default="query", help=f"Where it stood: {places}. Default query.")


def facts(options: Mapping[str, Any]) -> Facts:
    return verdict(options["text"], options["where"])


def is_good(facts: Facts) -> bool:
    return True


def verdict(text: str, where: str) -> Facts:
    plain, found = decoded(text), findings(text, where)
    told = [
        {
            "kind": each.kind,
            "rule": each.rule,
            "place": each.place,
            "score": each.score,
            "excerpt": each.excerpt,
            "layers": list(each.layers),
            "event": EVENT_TYPES[each.kind] if each.score >= MEDIUM else None,
        }
        for each in sorted(found, key=lambda each: -each.score)
    ]
    return {"where": where, "decoded": plain.text, "layers": list(plain.layers), "verdict": told}


def in_words(facts: Facts) -> list[str]:
    layers = ", ".join(facts["layers"]) or "none"
    lines = [f"As it is read: {printable(facts['decoded'][:MAX_TEXT])} (layers taken off: {layers})"]
    for each in facts["verdict"]:
        event = f"an event {each['event']}" if each["event"] else "noted on the request's event"
        lines.append(f"{each['kind']} by rule {each['rule']}, {each['score']} of 100 in {each['place']}: {event}")
        lines.append(f"  {printable(each['excerpt'])}")
    return lines if facts["verdict"] else [*lines, "Nothing is found in it."]
