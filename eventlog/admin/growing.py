"""How the event log grows, in sentences for the status page."""

from collections.abc import Iterator

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext

from eventlog.conf import conf
from eventlog.monitoring.growth import AHEAD, Forecast, Growth
from eventlog.visible import grouped


def sentences(growth: Growth) -> Iterator[str]:
    yield gettext("All partitions together: %(size)s.") % {"size": filesizeformat(growth.bytes)}
    if not growth.weeks:
        yield gettext("How they will grow can be said when the log is a week old.")
        return
    words = ngettext(
        "In the last %(weeks)s week about %(number)s events came in a day.",
        "In the last %(weeks)s weeks about %(number)s events came in a day.",
        growth.weeks,
    )
    yield words % {"weeks": growth.weeks, "number": grouped(round(growth.a_day))}
    if growth.event_bytes is None or growth.forecast is None:
        yield gettext("How big one is can be said when PostgreSQL has counted a thousand in a partition (ANALYZE).")
    else:
        size = gettext("One takes about %(size)s, its share of the indexes included.")
        yield size % {"size": filesizeformat(round(growth.event_bytes))}
        yield ahead(growth.forecast)
        yield gettext("That reckons with the periods in force, not with holds, and with an archive that keeps up.")
    if growth.archived_a_month is not None and conf.ARCHIVE_DIR:
        words = gettext("The archive grows by about %(size)s a month.")
        yield words % {"size": filesizeformat(round(growth.archived_a_month))}
    if growth.free is not None:
        yield gettext("The disk of the database has %(size)s free.") % {"size": filesizeformat(growth.free)}


def ahead(forecast: Forecast) -> str:
    words = gettext(
        "In %(days)s days it will be about %(expected)s: between %(least)s and %(most)s, as the quietest and the "
        "busiest of these weeks have it."
    )
    sizes = {"expected": forecast.expected, "least": forecast.least, "most": forecast.most}
    return words % {"days": AHEAD.days, **{name: filesizeformat(size) for name, size in sizes.items()}}
