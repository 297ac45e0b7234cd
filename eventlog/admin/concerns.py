"""What of the event log's state somebody should look after: a sentence, what to do, and where it is explained."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.state import State
from eventlog.alerts.thresholds import THRESHOLDS, shown_number
from eventlog.alerts.wording import ADVICE
from eventlog.catalog import StrOrPromise
from eventlog.conf import conf
from eventlog.models.alert import level
from eventlog.models.batch import WAITING
from eventlog.monitoring.growth import AHEAD
from eventlog.visible import grouped, visible

ALTERED: Final = 2  # what `eventlog_verify` ends with
VERIFIED: Final = (catalog.COMMAND, catalog.EVENTS_VERIFIED)  # all of it by the command, a part by itself
# Of the thresholds that are about the event log itself: what to do. They say themselves when, and in which words.
ADVICES: Final[Mapping[str, StrOrPromise]] = {
    "journal_full": _("Find out why the database takes nothing, and make room: on the disk, or by SPOOL_MAX_BYTES."),
    "journal_refused": _("Let the site's user write to the folder of SPOOL_DIR, or make room on its disk."),
    "events_waiting": _("See whether the database answers. What a dead process has left: manage.py eventlog_drain."),
    "changes_waiting": _("Run manage.py eventlog_drain, and see that the site or Celery's schedule runs."),
    "no_partition": _("Run manage.py eventlog_partitions, and see that Celery's schedule runs."),
    "checkpoint_overdue": _("Run manage.py eventlog_checkpoint, and see that Celery's schedule runs."),
    "anchor_behind": _("Run manage.py eventlog_checkpoint --anchors, and see what it says of this one."),
    "rules_failed": _(
        "See which rule it is in the event “Detection rule failed”, and tell whoever maintains the event log."
    ),
    "events_dropped": _("They are gone; the event “Events lost” says how many of what. Give the journal more room."),
}


@dataclass(frozen=True, slots=True)
class Concern:
    """`section` is of docs/status.md."""

    severity: str
    words: StrOrPromise
    advice: StrOrPromise
    section: str

    @property
    def level(self) -> StrOrPromise:
        return catalog.SEVERITIES[self.severity]


def concerns(state: State) -> list[Concern]:
    """The worst first."""
    found = [concern for look in LOOKS for concern in look(state)]
    return sorted(found, key=lambda concern: -level(concern.severity))


def of_thresholds(state: State) -> Iterator[Concern]:
    """By the same limits as alerts."""
    for name, advice in ADVICES.items():
        threshold = THRESHOLDS[name]
        for reading in threshold.read(state.look):
            if reading.is_over:
                words = threshold.explain({"value": reading.value, "limit": reading.limit, **reading.data})
                yield Concern(threshold.severity, words, advice, "limits")


def of_accounts(state: State) -> Iterator[Concern]:
    lost = state.accounts.lost
    if lost > 0:
        words = ngettext(
            "%(number)s event is missing: it is in no batch and on no disk of this machine.",
            "%(number)s events are missing: they are in no batch and on no disk of this machine.",
            lost,
        )
        advice = _("Are there other machines? Their disks may have them: manage.py eventlog_status there.")
        yield Concern(catalog.CRITICAL, words % {"number": grouped(lost)}, advice, "accounts")
    elif lost < 0:
        words = gettext("More is stored than was recorded: somebody has changed the event log's tables.")
        yield Concern(catalog.CRITICAL, words, _("Run manage.py eventlog_verify."), "accounts")
    if state.other_databases:
        words = gettext("The journal's folder also has events for other databases: %(digits)s.")
        advice = _("If it is this one under its former address: manage.py eventlog_drain --moved-from and the digits.")
        yield Concern(catalog.LOW, words % {"digits": ", ".join(state.other_databases)}, advice, "accounts")


def of_refused(state: State) -> Iterator[Concern]:
    if number := state.refused[WAITING]:
        words = ngettext(
            "%(number)s event that the database refused waits for a decision.",
            "%(number)s events that the database refused wait for a decision.",
            number,
        )
        advice = _("Open each under “Refused events”: repair and store it, or discard it with a reason.")
        yield Concern(catalog.HIGH, words % {"number": grouped(number)}, advice, "refused-events")


def of_partitions(state: State) -> Iterator[Concern]:
    if any(each.is_default and not each.is_empty for each in state.partitions):
        words = gettext("Some events lie in the default partition, since their month has none.")
        advice = _("Run manage.py eventlog_partitions: it makes the months ahead, and moves theirs.")
        yield Concern(catalog.LOW, words, advice, "partitions")
    if state.is_behind:
        words = gettext("Events are kept for longer than their time: nothing has removed them.")
        advice = _("Run manage.py eventlog_cleanup, and see that Celery's schedule runs.")
        yield Concern(catalog.MEDIUM, words, advice, "partitions")


def of_growth(state: State) -> Iterator[Concern]:
    if state.growth.is_tight:
        words = gettext(
            "If weeks like the busiest of the last ones come, the database's disk is full in %(days)s days."
        )
        advice = _("Make room, keep less (RETENTION_DAYS_BY_CATEGORY), or archive (ARCHIVE_DIR).")
        yield Concern(catalog.MEDIUM, words % {"days": AHEAD.days}, advice, "growth")


def of_proof(state: State) -> Iterator[Concern]:
    if not state.is_signing:
        words = gettext("Nothing is signed: whoever can write to the database could alter events unseen.")
        advice = _("Make a key with openssl rand -base64 32, and set it as EVENTLOG_SIGNING_KEY.")
        yield Concern(catalog.MEDIUM, words, advice, "proof")
    bad = {name: done for name, done in state.done.items() if name in VERIFIED and done.status != catalog.SUCCESS}
    whole = bad.get(catalog.COMMAND)
    if catalog.EVENTS_VERIFIED in bad or (whole is not None and whole.data.get("exit_status") == ALTERED):
        words = gettext("The last verification has found that something is not as it was stored.")
        yield Concern(catalog.CRITICAL, words, ADVICE[catalog.TAMPERING], "proof")
    elif whole is not None:
        words = gettext("The last verification could not be brought to its end.")
        yield Concern(catalog.HIGH, words, _("Run manage.py eventlog_verify, and read what it says."), "proof")


def of_settings(state: State) -> Iterator[Concern]:
    if not conf.ENABLED:
        yield Concern(catalog.CRITICAL, _("Nothing is recorded."), _("Set ENABLED to true."), "settings")
    if conf.PIPELINE == "sync":
        words = gettext("PIPELINE is sync, which is for tests: an event is lost with the change that fails.")
        yield Concern(catalog.HIGH, words, _("Set PIPELINE to direct."), "settings")
    for each in state.settings:
        if not each.is_usable:
            words = gettext("The value that %(name)s is given cannot be used: the default counts.")
            advice = _("manage.py check says what is expected.")
            yield Concern(catalog.HIGH, words % {"name": each.name}, advice, "settings")


def of_requests(state: State) -> Iterator[Concern]:
    if number := state.requests.overdue:
        words = ngettext(
            "%(number)s request of a person is overdue: it was to be answered within three times 24 hours.",
            "%(number)s requests of people are overdue: they were to be answered within three times 24 hours.",
            number,
        )
        advice = _("Open “Requests of people”, and decide; export with manage.py eventlog_subject export.")
        yield Concern(catalog.HIGH, words % {"number": grouped(number)}, advice, "requests-of-people")
    if number := state.requests.stuck:
        words = ngettext(
            "%(number)s confirmed erasure cannot be carried out.",
            "%(number)s confirmed erasures cannot be carried out.",
            number,
        )
        advice = _("The request says why: a legal hold, a file that cannot be read, or a process that stores nothing.")
        yield Concern(catalog.HIGH, words % {"number": grouped(number)}, advice, "requests-of-people")


def of_sinks(state: State) -> Iterator[Concern]:
    for sink in state.sinks:
        if sink.failing_since is not None or sink.stopped_at is not None:
            words = gettext("%(name)s does not take what is sent on to it (%(number)s times): %(error)s")
            told = {
                "name": visible(sink.sink),
                "number": shown_number(sink.failures),
                "error": visible(sink.last_error),
            }
            advice = _("Mend the receiver, then run manage.py eventlog_forward --resume.")
            yield Concern(catalog.HIGH, words % told, advice, "sent-on")


LOOKS: Final[tuple[Callable[[State], Any], ...]] = (
    of_settings,
    of_accounts,
    of_thresholds,
    of_refused,
    of_proof,
    of_sinks,
    of_requests,
    of_partitions,
    of_growth,
)
