"""What the list of events is asked: a search and a time, both in its address, so that it can be bookmarked and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.analytics.source import Window
from eventlog.search.query import All, Mistake, Node, Not, Term, Value, parse
from eventlog.search.terms import FIELDS, condition_of
from eventlog.search.times import created, span_of
from eventlog.search.writing import parts_of, term_of, with_part, without_part, written

LATELY: Final = "-24h"  # where no time is asked for
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
IN_ANY_TIME: Final = {"created", "id", "request", "trace", "session"}  # they say themselves when, or find few
RANGES: Final = (
    ("-1h", "", _("1 hour")),
    (LATELY, "", _("24 hours")),
    ("today", "", _("today")),
    ("yesterday", "yesterday", _("yesterday")),
    ("-7d", "", _("7 days")),
    ("-30d", "", _("30 days")),
    ("", "", _("everything")),
)
EXAMPLES: Final = (
    ("action:UPDATE entity:nilai", "", _("Who changed marks?")),
    ("type:LOGIN_FAILED", LATELY, _("Who could not sign in?")),
    ("action:DELETE", "-30d", _("What was deleted in the last month?")),
    ("severity:high,critical", "-7d", _("What was serious this week?")),
    ("status:>=500", "-7d", _("Which pages broke?")),
    ("duration:>1s", LATELY, _("What was slow?")),
    ("type:EVENTS_EXPORTED,EXPORT_DATA", "-30d", _("Who took data away?")),
)


@dataclass(frozen=True, slots=True)
class Question:
    """`since` and `until` are times of the search language, empty where there is no bound. Of a text that cannot be
    understood `tree` is empty and `problem` says why."""

    text: str
    since: str
    until: str
    tree: Node
    problem: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Question":
        text, until = asked.get("q", "").strip(), asked.get("until", "").strip()
        tree, problem = understood(text)
        usual = "" if until or fields_of(tree) & IN_ANY_TIME else LATELY
        since = asked.get("since", usual).strip()
        return cls(text, since, until, tree, problem or problem_with(since, until) or backwards(since, until))

    # --- what it means ---
    def condition(self) -> Q:
        since = created(Value(f">={self.since}", 0)) if self.since else Q()
        until = created(Value(f"<={self.until}", 0)) if self.until else Q()
        return since & until & condition_of(self.tree)

    def window(self) -> Window:
        begin = span_of(self.since).begin if self.since else BEGINNING
        end = span_of(self.until).end if self.until else timezone.now()
        return Window(begin, max(begin, end))

    def chosen(self, field: str) -> set[str]:
        """The values that `field` may have, where it is asked for one or several by itself."""
        return {value.text for term in self.terms() if term.field == field for value in term.values}

    def terms(self) -> list[Term]:
        return [part for part in parts_of(self.tree) if isinstance(part, Term)]

    def parts(self) -> list[Node]:
        return [part for part in parts_of(self.tree) if part != All(())]

    # --- questions beside it ---
    def only(self, field: str, value: str) -> "Question":
        return self.about(with_part(self.tree, term_of(field, value)))

    def but(self, field: str, value: str) -> "Question":
        return self.about(with_part(self.tree, Not(term_of(field, value))))

    def instead(self, field: str, value: str) -> "Question":
        """With this one value of `field`; with any where the value is empty."""
        others = tuple(part for part in self.parts() if not (isinstance(part, Term) and part.field == field))
        return self.about(All((*others, term_of(field, value)) if value else others))

    def without(self, part: Node) -> "Question":
        return self.about(All(without_part(self.tree, part)))

    def about(self, tree: Node) -> "Question":
        return replace(self, text=written(tree), tree=tree)

    def at(self, since: str, until: str = "") -> "Question":
        return replace(self, since=since, until=until)

    # --- as an address ---
    def address(self, **more: str) -> str:
        """The query string of the list, with its question mark."""
        asked = {"q": self.text, "since": self.since, "until": self.until, **more}
        return "?" + urlencode({name: value for name, value in asked.items() if value or name == "since"})

    def for_programs(self, **more: str) -> str:
        """The same for the API."""
        asked = {**more, "q": self.text, "since": self.since, "until": self.until}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@lru_cache(maxsize=100)
def anything(text: str = "", *, since: str = "", until: str = "") -> Question:
    """A question of the console's own."""
    return Question(text, since, until, parse(text))


def exactly(**values: str) -> Question:
    """The events of any time that have these values; the names are fields of the search language."""
    tree = All(tuple(term_of(field, value) for field, value in values.items()))
    return Question(written(tree), "", "", tree)


def understood(text: str) -> tuple[Node, str]:
    try:
        tree = parse(text)
        condition_of(tree)  # what the fields' values mean is found out here
    except Mistake as mistake:
        return All(()), str(mistake)
    return tree, ""


def problem_with(*times: str) -> str:
    for time in filter(None, times):
        try:
            span_of(time)
        except ValueError:
            return gettext("This time cannot be understood. Expected: %(what)s") % {"what": FIELDS["created"].expects}
    return ""


def backwards(since: str, until: str) -> str:
    if since and until and span_of(until).end <= span_of(since).begin:
        return gettext("The time ends before it begins: exchange the two.")
    return ""


def fields_of(tree: Node) -> set[str]:
    return {part.field for part in parts_of(tree) if isinstance(part, Term)}


def entity(kind: str, key: str) -> str:
    """One record, as a value of the search language."""
    return f"{kind}/{key}"


CHOICES: Final = {"category": catalog.CATEGORIES, "severity": catalog.SEVERITIES, "status": catalog.STATUSES}
