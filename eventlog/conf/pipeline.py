"""How events reach the database, and what each says of where it came from."""

from typing import Literal

from eventlog.conf.parsing import boolean, choice, path, seconds, text, whole_number
from eventlog.conf.setting import Setting


class Pipeline:
    ENABLED = Setting(
        True,
        boolean,
        "Whether anything is recorded at all. Default True.",
    )
    PIPELINE = Setting[Literal["direct", "sync", "celery"]](
        "direct",
        choice("direct", "sync", "celery"),
        "How events reach the database. `direct`: journal and writer thread. `sync` is for tests: at once, on the "
        "caller's connection, rolled back with it. Default `direct`.",
    )
    BATCH_SIZE = Setting(
        100,
        whole_number(1, 1000),
        "Events after which the writer stores without waiting. Default 100; beyond 500 nothing is gained.",
    )
    FLUSH_INTERVAL = Setting(
        5.0,
        seconds,
        "Seconds that an ordinary event waits at most before it is stored. Default 5.",
    )
    SPOOL_DIR = Setting(
        "var/spool",
        path,
        "Folder of the journal; on a local disk, private to the service. Default `var/spool` in `BASE_DIR`.",
    )
    SPOOL_MAX_BYTES = Setting(
        1 << 30,
        whole_number(1 << 20, 1 << 50),
        "Bytes the journal may take while the database is away. Default 1 GiB; then the least severe go first.",
    )
    SPOOL_SYNC = Setting[Literal["never", "batch", "always"]](
        "never",
        choice("never", "batch", "always"),
        "What of the journal survives the death of the machine; the death of a process loses nothing in any case. "
        "`never`: what the kernel has written by itself. `batch`, an fdatasync a closed segment: all but the open "
        "one of each process, which are the events of the last FLUSH_INTERVAL, and while the database is away up "
        "to 10,000 events or 4 MiB (or SPOOL_MAX_BYTES / 256, if that is more). `always`, an fdatasync an event, "
        "in the request: all. Default `never`.",
    )
    RAISE_ERRORS = Setting(
        False,
        boolean,
        "Whether a fault of the event log reaches its caller. For tests. Default False.",
    )
    ENVIRONMENT = Setting(
        "",
        text,
        "Name of the installation (`production`), kept with each event. Default empty.",
    )
    APPLICATION_VERSION = Setting(
        "",
        text,
        "Version of the application, kept with each event. Default empty.",
    )
