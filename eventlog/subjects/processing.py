"""The record of processing (GDPR article 30, UU PDP article 31): what is kept of people, where, how long and why.

It is made of the catalogue, the model and the settings in force."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from eventlog import catalog
from eventlog.conf import conf
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS, Event

PURPOSES: Final[Mapping[str, str]] = {
    catalog.AUTH: "to find misuse of an account, and to tell its owner",
    catalog.CRUD: "to answer who saw or changed a record, and to undo a mistake",
    catalog.ML: "to explain a prediction about a student: by which model, asked by whom",
    catalog.SYSTEM: "to operate the site, and to show how the log itself was handled",
    catalog.FILE: "to know which files came in, and who took data out",
    catalog.SECURITY: "to find attacks and prove what happened",
}
PEOPLE: Final = "users of the site (staff, teachers, students, parents), and students and parents in what they do"
WHO: Final = {
    "auditors": "`eventlog.view_event`; with `eventlog.view_security` SECURITY too",
    "anybody": "what they did themselves, or what `VISIBLE_EVENTS` says",
    "readers of the archive's folder": "all that is in it",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is kept: what of people is in it, how long, and what an erasure makes of it."""

    where: str
    what: str
    how_long: str
    erased: str


def places() -> tuple[Place, ...]:
    days, files = conf.LOG_RETENTION_DAYS, conf.ARCHIVE_RETENTION_DAYS
    until_files = "until they are removed by hand" if files is None else f"{files} days"
    return (
        Place("`events`", "all columns below", "the days of the category", "parts go, or names are struck"),
        Place("`SPOOL_DIR` (journal)", "events not stored yet", "seconds; until the database is there", "stored first"),
        Place("`event_outbox`", "changes not stored yet", "seconds", "stored first"),
        Place("`event_dead_letters`", "events that the database refused", f"{days} days", "as in `events`"),
        Place("`ARCHIVE_DIR`", "all columns below", until_files, "files are written anew"),
        Place("tables of `eventlog_restore`", "all columns below", "until dropped by hand", "as in `events`"),
        Place("`event_user_days`", "how many events an account had on a day", "for good", "moved to nobody's key"),
        Place("`event_rollups`, `event_endpoints`, `event_durations`", "counts of nobody", "for good", "nothing to do"),
        Place("`event_alerts`, `event_findings`", "whom it is about", f"closed: {days} days", "names are struck"),
        Place("`event_notifications`", "the address of who is told", "with the alert", "struck, withdrawn"),
        Place("`event_mutes`, `event_saved_views`", "names in questions", "until removed", "struck; the own ones go"),
        Place("`event_blocks`", "account and address", "until used again", "rows go"),
        Place("`event_holds`", "whom a hold is about, who placed it", "for good", "struck once it is lifted"),
        Place("`event_subject_keys`", "whose values a key encrypts", "until erased", "keys are destroyed"),
        Place("`event_subject_requests`", "who asked, about whom", "for good", "names nobody once it is done"),
        Place("`event_removals`, `event_log_entries`, `event_batches`, `event_checkpoints`, `CHECKPOINT_DIR`",
              "ids and hashes, nobody's name", "for good", "is the ledger"),
        Place("`FORWARD_TO`", "what was sent on to others", "as they have agreed", "they must be told"),
    )  # fmt: skip


def written() -> str:
    """Markdown."""
    return "\n".join([*head(), *categories(), *columns(), *kept(), *rights()]) + "\n"


def head() -> Iterator[str]:
    yield "# Record of processing: the event log"
    yield ""
    yield "Made by `manage.py eventlog_subject record`, of the catalogue of events, the table's model and the settings"
    yield "in force; the file in `docs/` has the defaults. It answers GDPR article 30 and UU PDP (27/2022) article 31"
    yield "for the event log; the school's own tables need a record of their own. What people can ask for, and how that"
    yield "is done, is in [privacy.md](privacy.md)."
    yield ""
    yield f"**Whose data:** {PEOPLE}."


def categories() -> Iterator[str]:
    yield from (
        "",
        "## What is recorded, why, and how long",
        "",
        "| category | what | why | days |",
        "|---|---|---|---|",
    )
    for name, label in catalog.CATEGORIES.items():
        days = conf.RETENTION_DAYS_BY_CATEGORY.get(name, conf.LOG_RETENTION_DAYS)
        types = sorted(each.name for each in catalog.TYPES.values() if each.category == name)
        more = ", and `<RECORD>_CREATE` and so on" if name == catalog.CRUD else ""
        yield f"| `{name}` {label} | {', '.join(f'`{each}`' for each in types)}{more} | {PURPOSES[name]} | {days} |"
    yield ""
    yield "An event's own `retention_days` counts first, a legal hold before everything ([retention.md](retention.md))."


def columns() -> Iterator[str]:
    labels = {str(each.column): str(each.verbose_name) for each in Event._meta.concrete_fields}
    yield from ("", "## Which columns are personal", "", "| to whom | columns |", "|---|---|")
    for whom, names in (("who acted", ACTOR_COLUMNS), ("whom it is about", SUBJECT_COLUMNS)):
        yield f"| {whom} | {', '.join(f'`{name}` ({labels[name]})' for name in names)} |"
    yield ""
    yield "All others are facts (types, times, results, counts). Passwords, tokens, keys, telephone numbers, e-mail"
    yield "addresses and whatever else `SENSITIVE_FIELDS` names are masked before anything is kept."


def kept() -> Iterator[str]:
    yield from (
        "",
        "## Where it is kept",
        "",
        "| where | what of people | how long | when erased |",
        "|---|---|---|---|",
    )
    yield from (f"| {each.where} | {each.what} | {each.how_long} | {each.erased} |" for each in places())


def rights() -> Iterator[str]:
    yield from ("", "## Who sees it", "", "| who | what |", "|---|---|")
    yield from (f"| {who} | {what} |" for who, what in WHO.items())
