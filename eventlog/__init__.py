"""The event log: everything that happens in a Django project, recorded once and never lost.

`from eventlog import EventLogger, as_of, audited, bound, history, ml_run` is the public door. The names are looked up
when they are asked for, so that importing the package loads no model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventlog.context import bound
    from eventlog.logger import EventLogger
    from eventlog.ml import ml_run
    from eventlog.past import as_of, history
    from eventlog.registry import audited

__all__ = ["EventLogger", "as_of", "audited", "bound", "history", "ml_run"]

_HOMES = {
    "EventLogger": "eventlog.logger",
    "as_of": "eventlog.past",
    "audited": "eventlog.registry",
    "bound": "eventlog.context",
    "history": "eventlog.past",
    "ml_run": "eventlog.ml",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
