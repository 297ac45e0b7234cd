"""System checks of those outside that are told or sent something: sinks, receivers of alerts, anchors."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning

from eventlog.conf import conf


def sinks_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.forwarding.targets import target

    problems: list[CheckMessage] = []
    for name, options in conf.FORWARD_TO.items():
        try:
            sink = target(name, options).sink
        except ValueError as expected:
            hint = "Nothing is forwarded to it until then."
            problems.append(Error(f"FORWARD_TO: {name} needs {expected}.", hint=hint, id="eventlog.E010"))
            continue
        if not sink.is_private:
            hint = "Use tls:// or https://, unless the way there is private."
            problems.append(Warning(f"FORWARD_TO: {name} is sent in the clear.", hint=hint, id="eventlog.W009"))
    return problems


def alerts_can_be_told(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.alerts import channels, messages

    hint = "Nobody is told there until then."
    problems: list[CheckMessage] = [
        Error(f"{where} needs {expected}.", hint=hint, id="eventlog.E011") for where, expected in channels.faults()
    ]
    hint = "Give it a secret and https://, unless the way there is private."
    problems += [Warning(f"ALERT_WEBHOOKS: {said}.", hint=hint, id="eventlog.W010") for said in channels.unsigned()]
    if channels.channels() and not messages.knows_site():
        hint = "Set EVENTLOG_SITE_URL to where people open the site, such as https://edupro.school.example."
        problems.append(Warning("Messages about alerts lead to localhost.", hint=hint, id="eventlog.W011"))
    return problems


def anchors_can_be_used(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from eventlog.integrity import anchors

    hint = "It is given no checkpoint until then."
    return [
        Error(f"CHECKPOINT_ANCHORS: {name} needs {expected}.", hint=hint, id="eventlog.E018")
        for name, expected in anchors.faults()
    ]
