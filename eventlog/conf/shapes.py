"""What the settings that are mappings, lists of keys or lists of addresses have to be; as in `parsing.py`."""

import base64
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from eventlog.conf.parsing import boolean, decoded, names, options, text, whole_number

Options = Mapping[str, Any]

MAILTO: Final = "mailto:"
AUDIT_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": text,
    "fields": names,
    "exclude": names,
    "mask": names,
    "read": boolean,
    "sensitive": boolean,
}
RULE_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "enabled": boolean,
    "threshold": whole_number(1, 1_000_000),
    "window": whole_number(1, 31 * 86_400),
}
PERIODS: Final = 'a mapping such as {"AUTH": 365} (in the environment: as JSON)'
RULES: Final = 'a mapping such as {"scan_burst": {"threshold": 30}} (in the environment: as JSON)'
SIGNALS: Final = 'a mapping such as {"school.signals.imported": "IMPORT_DATA"} (in the environment: as JSON)'
SINKS: Final = 'a mapping such as {"siem": {"kind": "syslog", "url": "tls://…"}} (in the environment: as JSON)'
SIGNING_KEYS: Final = (
    "a list of Ed25519 keys, 32 bytes in base64 each, the old ones as public:… (in the environment: by comma)"
)


def audited_models(value: Any) -> Literal["*"] | dict[str, dict[str, Any]]:
    if value == "*":
        return "*"
    if is_json(value):
        value = decoded(value, "*, a list of models, or a mapping of models to options (in the environment: as JSON)")
    if isinstance(value, Mapping) and all(isinstance(given, Mapping) for given in value.values()):
        return {str(label): options(AUDIT_OPTIONS, given) for label, given in value.items()}
    return {label: {} for label in names(value)}


def is_json(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")


def rules(value: Any) -> dict[str, dict[str, Any]]:
    """Whether there are rules of these names is looked at by the system checks."""
    return {name: options(RULE_OPTIONS, given) for name, given in named_options(value, RULES).items()}


def periods(value: Any) -> dict[str, int]:
    """Whether there are categories of these names is looked at by the system checks."""
    value, days = decoded(value, PERIODS), whole_number(1, 36_500)
    if not isinstance(value, Mapping):
        raise ValueError(PERIODS)
    return {str(category): days(number) for category, number in value.items()}


def recorded_signals(value: Any) -> dict[str, str]:
    value = decoded(value, SIGNALS)
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise ValueError(SIGNALS)
    return dict(value)


def named_options(value: Any, expected: str) -> dict[str, Options]:
    value = decoded(value, expected)
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(given, Mapping) for name, given in value.items()
    ):
        raise ValueError(expected)
    return dict(value)


def sinks(value: Any) -> dict[str, Options]:
    """What is said of each is read by `forwarding/targets.py`."""
    return named_options(value, SINKS)


def receivers(value: Any) -> dict[str, Options]:
    """Addresses, or addresses with options; what the options say is read by `alerts/channels.py`."""
    if isinstance(value, Mapping) or is_json(value):
        return sinks(value)
    return {name: {} for name in names(value)}


def webhooks(value: Any) -> dict[str, Options]:
    """URLs, which are then called by their host (`mailto:` by its address), or names with options."""
    if isinstance(value, Mapping) or is_json(value):
        return sinks(value)
    named: dict[str, Options] = {}
    for url in names(value):
        host = url.removeprefix(MAILTO) if url.startswith(MAILTO) else urlsplit(url).hostname or "webhook"
        others = (f"{host} {number}" for number in count(2))
        name = next(name for name in chain([host], others) if name not in named)
        named[name] = {"url": url}
    return named


def signing_keys(value: Any) -> tuple[str, ...]:
    """What the keys are is read by `integrity/keys.py`."""
    try:
        keys = names(value)
        whole = all(len(base64.b64decode(key.removeprefix("public:"), validate=True)) == 32 for key in keys)
    except ValueError:
        raise ValueError(SIGNING_KEYS) from None
    if not whole:
        raise ValueError(SIGNING_KEYS)
    return keys


def encryption_keys(value: Any) -> tuple[str, ...]:
    """What the keys are is read by `privacy/keyring.py`: one that cannot be used must not switch encryption off."""
    try:
        return names(value)
    except ValueError:
        return ("",)
