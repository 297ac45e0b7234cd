"""What one setting is, and where its value comes from: the environment, else `settings.EVENTLOG`, else its default."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Generic, Self, TypeVar, overload

from django.conf import settings

T = TypeVar("T")

PREFIX: Final = "EVENTLOG_"
NOTHING: Final[Mapping[str, Any]] = {}  # always the same one: a change is told by identity


class Setting(Generic[T]):
    """`default` is as a project would write it; `parse` takes that or the environment's text, and its ValueError says
    what was expected. `purpose` says unit, default and reason. The value of a `secret` one is shown to nobody."""

    name: str

    def __init__(self, default: Any, parse: Callable[[Any], T], purpose: str, *, secret: bool = False) -> None:
        self.default = default
        self.parse = parse
        self.purpose = purpose
        self.secret = secret

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, values: None, owner: type) -> Self: ...
    @overload
    def __get__(self, values: "Values", owner: type) -> T: ...
    def __get__(self, values: "Values | None", owner: type) -> Self | T:
        return self if values is None else values.in_force()[self.name]


class Values:
    """The values in force of the settings that its subclasses declare. Replacing `settings.EVENTLOG` (as
    `override_settings` does) takes effect at once."""

    def __init__(self) -> None:
        self._declared = declared_in(type(self))
        self._source: Any = None
        self._values: dict[str, Any] = {}
        self._asked = vars(settings)  # Django keeps here what was asked of it, and takes out what is replaced

    def in_force(self) -> dict[str, Any]:
        source = self._asked.get("EVENTLOG") or getattr(settings, "EVENTLOG", None) or NOTHING
        if source is not self._source:
            self._values = parsed(self._declared, source)
            self._source = source
        return self._values


def declared_in(owner: type) -> dict[str, Setting[Any]]:
    """By name, in the order of the bases."""
    return {name: value for base in owner.__mro__ for name, value in vars(base).items() if isinstance(value, Setting)}


@cache
def environment() -> dict[str, str]:
    """The process's `EVENTLOG_…` variables; read once, since a process keeps the environment it was given."""
    return {name[len(PREFIX) :]: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def given(source: Mapping[str, Any]) -> dict[str, Any]:
    """What the project and the environment say, not yet parsed; the environment wins."""
    return {**(source if isinstance(source, Mapping) else {}), **environment()}


def parsed(declared: Mapping[str, Setting[Any]], source: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting's value in force; a value that does not parse gives way to its default."""
    values = {name: setting.parse(setting.default) for name, setting in declared.items()}
    for name, value in given(source).items():
        try:
            values[name] = declared[name].parse(value)
        except (KeyError, ValueError):
            continue  # the system checks report it
    return values
