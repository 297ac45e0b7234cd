"""Values of sensitive events, opened while somebody is looked for in them, and closed again under the same key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from eventlog.privacy.envelopes import DataKey, closed_again, key_of
from eventlog.privacy.opening import Covered, envelopes_in, envelopes_of, keys_for, value_of


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that is stored in an envelope: its text there, and the JSON text that is in it; that is None, and `value`
    says why, where it cannot be opened."""

    stored: str
    envelope: Mapping[str, Any]
    key: DataKey | None
    value: Any

    @property
    def text(self) -> str | None:
        return None if self.key is None else orjson.dumps(self.value).decode()

    def closed(self, text: str, *, event: str, column: str) -> str:
        assert self.key is not None
        return orjson.dumps(closed_again(text.encode(), self.envelope, self.key, event=event, column=column)).decode()


def opened(rows: Sequence[Mapping[str, Any]], using: str) -> list[dict[str, Sealed]]:
    """Of rows that hold JSON as text, by column, what is in envelopes."""
    closed = [envelopes_of({"is_sensitive": True, **envelopes_in(row)}) if row["is_sensitive"] else {} for row in rows]
    keys = keys_for((each for envelopes in closed for each in envelopes.values()), using)
    return [
        {name: sealed(row, name, envelope, keys) for name, envelope in envelopes.items()}
        for row, envelopes in zip(rows, closed, strict=True)
    ]


def sealed(row: Mapping[str, Any], name: str, envelope: Mapping[str, Any], keys: Mapping[Any, DataKey | str]) -> Sealed:
    value, key = value_of(envelope, keys, event=str(row["id"]), column=name), keys.get(key_of(envelope))
    is_open = isinstance(key, DataKey) and not isinstance(value, Covered)
    return Sealed(row[name], envelope, key if is_open else None, value)  # type: ignore[arg-type]
