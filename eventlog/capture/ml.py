"""Runs of machine-learning models: trained, evaluated, saved, loaded, asked. Each leaves one event when it ends.

>>> with ml_run("prestasi", kind="train") as run:
...     run.parameters(max_depth=4)
...     run.metrics(accuracy=0.81)
...     run.version = 3

The event's `entity_type` is the model's name; what the run says of itself is in `event_data`. Say there what the model
is and how good it is, never what it was told about a person: of whom it was asked, the key is enough.
"""

import inspect
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType
from typing import Any, Final, Literal, ParamSpec, TypeVar, cast

from eventlog import catalog
from eventlog.capture.faults import failure_columns
from eventlog.logger import record_event, word

Kind = Literal["train", "evaluate", "save", "load", "predict", "batch"]
P = ParamSpec("P")
R = TypeVar("R")

TRAIN: Final = "train"
TYPES: Mapping[str, str] = MappingProxyType(
    {
        TRAIN: catalog.MODEL_TRAIN,
        "evaluate": catalog.MODEL_EVALUATE,
        "save": catalog.MODEL_SAVE,
        "load": catalog.MODEL_LOAD,
        "predict": catalog.PREDICTION_SINGLE,
        "batch": catalog.PREDICTION_BATCH,
    }
)
MAX_ARRAY = 10_000  # numbers; a larger array is no metric, and is only named
MAX_DEPTH = 8


@dataclass(slots=True, eq=False)
class MLRun:
    """What one run says of itself while it lasts. Anything may be given; arrays and numbers of numpy are understood.

    `confidence` is a share from 0 to 1 (of a batch: the mean); `entity_id` the key of the record that came of it.
    """

    version: Any = None
    confidence: Any = None
    entity_id: Any = None
    said: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def metrics(self, **numbers: Any) -> None:
        """How good the model is: `accuracy=0.81`."""
        self._add("metrics", numbers)

    def parameters(self, **values: Any) -> None:
        """How it is trained: `max_depth=4`."""
        self._add("parameters", values)

    def counts(self, **numbers: Any) -> None:
        """Of how many: `students=200`."""
        self._add("counts", numbers)

    def features(self, *names: Any) -> None:
        """What it looks at, by name; never the values."""
        self.said["features"] = list(names)

    def facts(self, **values: Any) -> None:
        """What else is worth knowing: `sha256="…"`."""
        self.said.update(values)

    def _add(self, section: str, values: Mapping[str, Any]) -> None:
        self.said[section] = {**self.said.get(section, {}), **values}

    def columns(self) -> dict[str, Any]:
        """Of the event, as the run is now."""
        milliseconds = round((time.perf_counter() - self.started) * 1000, 3)
        given = {"version": self.version, "confidence": self.confidence, "duration_ms": milliseconds, **self.said}
        data = {name: plain(value) for name, value in given.items() if value is not None}
        return {"event_data": data, "entity_id": self.entity_id, "response_time_ms": milliseconds}


def plain(value: Any, depth: int = 0) -> Any:
    """Arrays and numbers of numpy and its kin as Python's own; all else stays what it is."""
    if depth >= MAX_DEPTH or value is None or isinstance(value, str):
        return value
    if type(value) is dict:
        return {name: plain(item, depth + 1) for name, item in value.items()}
    if type(value) in (list, tuple):
        return [plain(item, depth + 1) for item in value]
    try:
        return value.tolist() if value.size <= MAX_ARRAY else value
    except Exception:  # most things are no arrays, and anybody's object does what it likes when it is asked
        return value


_active: ContextVar[tuple[tuple["ml_run", MLRun], ...]] = ContextVar("eventlog_ml_runs", default=())


def current_run() -> MLRun:
    """The innermost run that lasts, for what a decorated function wants to say; outside of any, one never told."""
    runs = _active.get()
    return runs[-1][1] if runs else MLRun()


class ml_run:
    """One run of `model`: a block (`with`, `async with`), or each call of a function that it decorates, `async` or not.

    `kind`: train, evaluate, save, load, predict (one record) or batch. Training is told when it begins too. What the
    block raises is told as the run's failure and goes on; by itself a run raises nothing.
    """

    def __init__(self, model: str, *, kind: Kind) -> None:
        self.model = model
        self.kind = kind
        self.last = MLRun()  # for a block that ends in another context than it began in

    def __enter__(self) -> MLRun:
        if self.kind == TRAIN:
            self._tell(catalog.MODEL_TRAIN_START, {})
        self.last = run = MLRun()
        _active.set((*_active.get(), (self, run)))
        return run

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        run = self._leave()
        failed = fault is not None and self.kind == TRAIN
        event_type = catalog.MODEL_TRAIN_FAILED if failed else event_type_of(self.kind)
        self._tell(event_type, {**run.columns(), **failure(fault)})

    async def __aenter__(self) -> MLRun:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        self.__exit__(kind, fault, trace)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Each call is a run of its own; what it wants to say goes to `current_run()`."""
        model, kind = self.model, self.kind

        @wraps(function)
        def run_it(*args: P.args, **kwargs: P.kwargs) -> R:
            with ml_run(model, kind=kind):
                return function(*args, **kwargs)

        @wraps(function)
        async def await_it(*args: P.args, **kwargs: P.kwargs) -> Any:
            with ml_run(model, kind=kind):
                return await cast(Any, function(*args, **kwargs))

        return cast(Callable[P, R], await_it) if inspect.iscoroutinefunction(function) else run_it

    def _leave(self) -> MLRun:
        """Take our innermost run off; blocks of generators need not end in the order of their beginning."""
        runs = _active.get()
        mine = next((entry for entry in reversed(runs) if entry[0] is self), None)
        if mine is None:
            return self.last
        _active.set(tuple(entry for entry in runs if entry is not mine))
        return mine[1]

    def _tell(self, event_type: str, columns: Mapping[str, Any]) -> None:
        named = {"event_category": catalog.ML, "entity_type": self.model, "entity_name": self.model}
        record_event(event_type, {**named, **columns})


def event_type_of(kind: Any) -> str:
    """A kind that is none is kept as it was given, and warned of as every unknown type."""
    return TYPES[kind] if isinstance(kind, str) and kind in TYPES else f"MODEL_{word(kind)}".upper()


def failure(fault: BaseException | None) -> dict[str, Any]:
    if fault is None:
        return {}
    return {"event_status": catalog.FAILED, "severity": catalog.MEDIUM, **failure_columns(fault)}
