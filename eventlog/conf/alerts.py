"""When somebody is told, and who."""

from eventlog.conf.parsing import hours, optional, percent, site_url, whole_number
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import receivers, webhooks


class Alerts:
    ERROR_RATE_THRESHOLD = Setting(
        5.0,
        percent,
        "Percent of requests answered 500 or worse, in five minutes, beyond which there is an alert. Default 5.",
    )
    RESPONSE_TIME_THRESHOLD = Setting(
        1000,
        whole_number(1, 3_600_000),
        "Milliseconds that 95 % of all requests, and the mean of an endpoint's, may take in five minutes. Default "
        "1000.",
    )
    ALERT_EMAILS = Setting(
        {},
        receivers,
        "Addresses that are told of alerts, or {address: options}; see docs/alerts.md. Default none.",
    )
    ALERT_WEBHOOKS = Setting(
        {},
        webhooks,
        "Webhooks that are told of alerts, {name: options} or URLs; see docs/alerts.md. Default none.",
        secret=True,
    )
    ALERT_QUIET_HOURS = Setting(
        None,
        optional(hours),
        "Times of day, in the project's time zone, between which people are told of critical alerts alone: "
        "`22:00-06:00`. Default none.",
    )
    ALERT_COOLDOWN = Setting(
        3600,
        whole_number(0, 604_800),
        "Seconds after a message about an alert in which the same receiver gets no other, unless it has become "
        "worse. Default 3600.",
    )
    ALERT_ESCALATION = Setting(
        1800,
        whole_number(0, 604_800),
        "Seconds after which a high or critical alert that nobody has acknowledged is told again; 0: never. "
        "Default 1800.",
    )
    SITE_URL = Setting(
        "",
        site_url,
        "Where this site is, for links in messages: `https://edupro.school.example`. Default: the first of "
        "ALLOWED_HOSTS.",
    )
