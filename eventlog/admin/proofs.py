"""Whether an event is as it was stored, in words."""

from datetime import datetime
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.display import moment, zone_of
from eventlog.alerts.wording import ADVICE
from eventlog.catalog import TAMPERING, StrOrPromise
from eventlog.integrity import glance
from eventlog.integrity.glance import UNPROVEN, Seen
from eventlog.integrity.verdicts import ADDED, SIGNATURE_BAD, VALID
from eventlog.models import Event
from eventlog.pipeline.outbox import events_alias

# {verdict: (badge, sentence)}; any other says CHANGED
SAID: Final[dict[str, tuple[StrOrPromise, StrOrPromise]]] = {
    VALID: (_("Intact"), _("This event is exactly as it was stored.")),
    UNPROVEN: (_("Not proven"), _("This event is older than the proofs: whether it was changed cannot be told.")),
    ADDED: (_("Not genuine"), _("This event was not stored by the event log. Somebody has put it there.")),
    SIGNATURE_BAD: (_("Signature wrong"), _("The log that holds this event was not signed with the school's key.")),
}
CHANGED: Final = _("Changed"), _("This event, or what was stored together with it, was changed later.")
ERASED: Final = _("Personal details were erased from this event. What is left is exactly as it was stored.")


def of(event: Event) -> dict[str, Any]:
    seen = glance.see(event, using=events_alias())
    badge, sentence = SAID.get(seen.verdict, CHANGED)
    is_good, is_known = seen.verdict == VALID, seen.verdict != UNPROVEN
    return {
        "proof": {
            "badge": badge,
            "kind": "success" if is_good else "error" if is_known else "pending",
            "sentence": ERASED if is_good and not seen.is_whole else sentence,
            "advice": "" if is_good or not is_known else ADVICE[TAMPERING],
            "sealed": sealed(seen),
            "signed": signed(seen) if is_good else "",
            "has_file": seen.batch is not None and is_known,
        }
    }


def sealed(seen: Seen) -> str:
    if seen.sealed_at is None:
        return ""
    words = gettext("Sealed {time} in batch {batch}.")
    return format_html(words, time=in_zone(seen.sealed_at), batch=seen.batch)


def signed(seen: Seen) -> str:
    if seen.signed_at is None:
        return gettext("Not signed yet: that is done every minute.")
    return format_html(gettext("Signed {time}, with the whole log up to then."), time=in_zone(seen.signed_at))


def in_zone(value: datetime) -> SafeString:
    return format_html("{} {}", moment(value), zone_of(value))
