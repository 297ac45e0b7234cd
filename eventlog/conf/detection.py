"""What is taken for an attack, and what is done about it."""

from eventlog.conf.parsing import boolean, networks, optional, path, whole_number
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import rules


class Detection:
    DETECT_BEHAVIOUR = Setting(
        True,
        boolean,
        "Whether rules look at what people do, in what was stored. Default True.",
    )
    RULES = Setting(
        {},
        rules,
        "What is different for a rule: `enabled`, `threshold`, `window` in seconds; docs/threats.md has the "
        "defaults. Default nothing.",
    )
    GEOIP_PATH = Setting(
        None,
        optional(path),
        "A GeoIP database (`.mmdb`, with cities) that says where an address is. Default none.",
    )
    FAILED_LOGIN_THRESHOLD = Setting(
        5,
        whole_number(1, 10_000),
        "Failed attempts to sign in to one account that are taken for guessing; ten times as many in an hour for "
        "the whole site, where more fail than succeed. Default 5.",
    )
    BLOCK_AFTER_BRUTE_FORCE = Setting(
        False,
        boolean,
        "Whether a pair of address and account at which passwords were guessed may not sign in for a while. "
        "Default False.",
    )
    BLOCK_MINUTES = Setting(
        15,
        whole_number(1, 1440),
        "Minutes for which such a pair may not sign in. Default 15.",
    )
    SAFE_NETWORKS = Setting(
        (),
        networks,
        "Networks from which a superuser is never kept out, whatever was guessed. Default none.",
    )
