"""How long events are kept, and where the archive is."""

from typing import Literal

from eventlog.conf.parsing import choice, optional, path_or_url, whole_number
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import periods


class Retention:
    PARTITION_BY = Setting[Literal["month", "week", "day"]](
        "month",
        choice("month", "week", "day"),
        "Of how much time the events lie in a table of their own. Where it is changed, tables that are there "
        "stay. Default `month`.",
    )
    LOG_RETENTION_DAYS = Setting(
        90,
        whole_number(1, 36_500),
        "Days after which events are removed by `eventlog_cleanup`, unless something else is said for their "
        "category. Default 90.",
    )
    RETENTION_DAYS_BY_CATEGORY = Setting(
        {},
        periods,
        'Days for the events of a category, as {"AUTH": 365}. An event that has days of its own is kept for '
        "those. Default none.",
    )
    ARCHIVE_DIR = Setting(
        "",
        path_or_url,
        "Where events are copied to before they are removed: a folder, or an address such as s3://bucket/events. "
        "What fsspec knows will do, with the library that it asks for. Default empty: what is past its time just "
        "goes.",
    )
    ARCHIVE_AFTER_DAYS = Setting(
        30,
        whole_number(1, 36_500),
        "Days after which a day's events are copied to the archive. Default 30: what comes late is there by then, "
        "and before LOG_RETENTION_DAYS are over there is time to see that something is wrong with the archive.",
    )
    ARCHIVE_RETENTION_DAYS = Setting(
        None,
        optional(whole_number(1, 36_500)),
        "Days after which a file of the archive is removed. Default None: never.",
    )
