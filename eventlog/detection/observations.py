"""What a behaviour rule sees of a stored event: from its JSON as the journal has it, or from its row."""

import ipaddress
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from eventlog import catalog

SUCCESSES: Final = frozenset({catalog.LOGIN, catalog.TOKEN_ISSUED})
SIGN_INS: Final = SUCCESSES | {catalog.LOGIN_FAILED}
COLUMNS: Final = (
    *("id", "timestamp", "event_type", "event_category", "severity", "username", "user_id", "auth_method"),
    *("ip_address", "session_id", "user_agent", "request_id", "endpoint", "request_path", "response_status"),
    *("entity_type", "entity_id", "entity_name", "action", "error_code", "event_data", "new_values"),
)
ADDRESS: Final = COLUMNS.index("ip_address")
STATUS: Final = COLUMNS.index("response_status")
NO_DATA: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Observation:
    """The columns that rules ask for, under their names; `data` is `event_data`."""

    id: UUID
    timestamp: datetime
    event_type: str
    category: str
    severity: str
    username: str
    user_id: Any
    auth_method: str
    ip_address: str
    session_id: str
    user_agent: str
    request_id: str
    endpoint: str
    request_path: str
    status: int
    entity_type: str
    entity_id: str
    entity_name: str
    action: str
    error_code: str
    data: Mapping[str, Any]
    new_values: Mapping[str, Any]

    @property
    def account(self) -> str:
        """Whose sign-in it was: the name, in one spelling; for a name that no account has `#` and its hash."""
        return account_of(self.username) if self.username else hashed_name(self.data)

    @property
    def address(self) -> str:
        """One client's address: of IPv6 its /64, since a household has as many addresses as it likes."""
        return group_of(self.ip_address)

    @property
    def network(self) -> str:
        return network_of(self.ip_address)

    @property
    def is_success(self) -> bool:
        return self.event_type in SUCCESSES

    @property
    def is_failure(self) -> bool:
        return self.event_type == catalog.LOGIN_FAILED

    @property
    def is_of_finding(self) -> bool:
        """Whether it tells of a finding, so that no rule finds its own words."""
        return self.category == catalog.SECURITY and "finding" in self.data


def of_record(values: Mapping[str, Any]) -> Observation:
    """Of an event's JSON; a key that it lacks has its column's default."""
    get = values.get
    data, new = get("event_data"), get("new_values")
    return Observation(
        UUID(values["id"]),
        datetime.fromisoformat(values["timestamp"]),
        values["event_type"],
        values["event_category"],
        get("severity") or catalog.INFO,
        get("username") or "",
        get("user_id"),
        get("auth_method") or "",
        get("ip_address") or "",
        get("session_id") or "",
        get("user_agent") or "",
        get("request_id") or "",
        get("endpoint") or "",
        get("request_path") or "",
        get("response_status") or 0,
        get("entity_type") or "",
        get("entity_id") or "",
        get("entity_name") or "",
        get("action") or "",
        get("error_code") or "",
        data if isinstance(data, dict) else NO_DATA,
        new if isinstance(new, dict) else NO_DATA,
    )


def of_row(row: Sequence[Any]) -> Observation:
    """Of a row with `COLUMNS`, in which JSON is still text."""
    values = list(row)
    values[ADDRESS], values[STATUS] = values[ADDRESS] or "", values[STATUS] or 0
    values[-2:] = map(mapping, values[-2:])
    return Observation(*values)


def mapping(value: Any) -> Mapping[str, Any]:
    if value is None or value == "{}":
        return NO_DATA
    parsed = json.loads(value) if isinstance(value, str) else value
    return parsed if isinstance(parsed, dict) else NO_DATA


@lru_cache(maxsize=4096)
def account_of(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()


def hashed_name(data: Mapping[str, Any]) -> str:
    """Of a name that was typed and is kept only as its hash."""
    name = data.get("name_hash")
    return f"#{name}" if isinstance(name, str) else "#"


@lru_cache(maxsize=4096)
def group_of(address: str) -> str:
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The /24, of IPv6 the /48: what one provider gives to one place."""
    if not address:
        return ""
    return str(ipaddress.ip_network(f"{address}/{48 if ':' in address else 24}", strict=False))


@lru_cache(maxsize=4096)
def bounds_of(group: str) -> tuple[str, str]:
    """The first and the last address of an address or network."""
    network = ipaddress.ip_network(group, strict=False)
    return str(network[0]), str(network[-1])
