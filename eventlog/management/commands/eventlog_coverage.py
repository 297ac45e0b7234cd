"""`manage.py eventlog_coverage`: which ways of writing are seen?"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from eventlog.capture.coverage import paths
from eventlog.management.facts import Facts, FactsCommand
from eventlog.pipeline.outbox import events_alias


class Command(FactsCommand):
    help = "Print, model by model, which ways of writing to it are seen and which are not."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--strict", action="store_true", help="Exit with 1 if any way is not seen.")

    def facts(self, options: Mapping[str, Any]) -> Facts:
        found = [asdict(path) for path in paths(events_alias())]
        unseen = sum(not path["seen"] for path in found)
        return {"paths": found, "unseen": unseen, "strict": options["strict"]}

    def is_good(self, facts: Facts) -> bool:
        return not (facts["strict"] and facts["unseen"])

    def in_words(self, facts: Facts) -> str:
        lines, model = [], ""
        for path in facts["paths"]:
            if path["model"] != model:
                model = path["model"]
                lines.append(model)
            how = f"seen by {path['by']}" if path["seen"] else f"NOT SEEN: {path['why']}"
            lines.append(f"  {path['path']:<48}{how}")
        return "\n".join([*lines, f"{facts['unseen']} of {len(facts['paths'])} ways are not seen."])
