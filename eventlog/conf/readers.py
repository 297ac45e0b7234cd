"""Who may read what is stored, and where it is sent on to."""

from eventlog.conf.parsing import docs_url, function, networks, optional, whole_number
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import sinks


class Readers:
    VISIBLE_EVENTS = Setting(
        None,
        optional(function),
        "Dotted path of `(user, events) -> events`: what somebody without the permission to see all events may "
        "see besides SECURITY. Default: what they did themselves.",
    )
    MAX_STREAMS = Setting(
        100,
        whole_number(0, 10_000),
        "How many readers of `/api/events/stream` a process serves at once; others are told to come later (503). "
        "Default 100.",
    )
    MAX_STREAMS_PER_USER = Setting(
        5,
        whole_number(0, 10_000),
        "How many of them may be one user's (429), in one process. Default 5: some tabs of a browser.",
    )
    METRICS_ALLOWED_NETWORKS = Setting(
        ("127.0.0.0/8", "::1/128"),
        networks,
        "Networks whose machines may ask `/metrics`, besides superusers. Default this machine.",
    )
    FORWARD_TO = Setting(
        {},
        sinks,
        "Sinks that stored events are sent on to, as {name: options}; see the README. Default none.",
        secret=True,
    )
    DOCS_URL = Setting(
        "",
        docs_url,
        "Where a browser finds the documentation (`README.md` and `docs/`), so that what names one of its sections is "
        "a link: an address such as `https://docs.school.example/`, or a path of this site. Default none.",
    )
