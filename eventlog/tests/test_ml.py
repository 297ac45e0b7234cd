"""Runs of models, as any project would tell them."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from threading import Thread
from typing import Any

import numpy
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from eventlog import ml_run
from eventlog.ml import current_run
from eventlog.models import Event
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
TheEvent = Callable[..., Event]
ENDINGS = [
    ("train", "MODEL_TRAIN"),
    ("evaluate", "MODEL_EVALUATE"),
    ("save", "MODEL_SAVE"),
    ("load", "MODEL_LOAD"),
    ("predict", "PREDICTION_SINGLE"),
    ("batch", "PREDICTION_BATCH"),
]


class Unsayable:
    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__

    @property
    def size(self) -> int:
        raise RuntimeError("no size")


def fail(kind: Any) -> None:
    with ml_run("prestasi", kind=kind):
        raise LookupError("no students, password=hunter2")


def types() -> list[str]:
    return list(Event.objects.order_by("id").values_list("event_type", flat=True))


@pytest.mark.parametrize(("kind", "event_type"), ENDINGS)
def test_each_kind_of_run_is_an_event_about_its_model(kind: Any, event_type: str, the_event: TheEvent) -> None:
    with ml_run("prestasi", kind=kind):
        pass
    event = the_event(event_type)
    assert (event.entity_type, event.event_category, event.event_status) == ("prestasi", "ML", "SUCCESS")


def test_a_run_says_what_the_model_is_and_how_good(the_event: TheEvent) -> None:
    with ml_run("prestasi", kind="evaluate") as run:
        run.metrics(accuracy=0.8)
        run.metrics(f1=0.7)
        run.parameters(max_depth=4)
        run.counts(students=200)
        run.features("nilai", "presensi")
        run.facts(sha256="abc")
        run.version, run.confidence, run.entity_id = 3, 0.9, 17
    event = the_event("MODEL_EVALUATE")
    assert event.event_data.pop("duration_ms") == event.response_time_ms
    assert event.entity_id == "17" and event.event_data == {
        "version": 3,
        "confidence": 0.9,
        "metrics": {"accuracy": 0.8, "f1": 0.7},
        "parameters": {"max_depth": 4},
        "counts": {"students": 200},
        "features": ["nilai", "presensi"],
        "sha256": "abc",
    }


def test_training_is_told_when_it_begins(the_event: TheEvent) -> None:
    with ml_run("prestasi", kind="train"):
        assert the_event("MODEL_TRAIN_START").event_status == "PENDING"
    assert types() == ["MODEL_TRAIN_START", "MODEL_TRAIN"]


def test_failed_training_is_told_with_its_reason_and_goes_on(the_event: TheEvent) -> None:
    with pytest.raises(LookupError):
        fail("train")
    event = the_event("MODEL_TRAIN_FAILED")
    assert (event.event_status, event.error_code) == ("FAILED", "LookupError")
    assert event.error_fingerprint and "no students" in event.error_message and "hunter2" not in event.error_message
    assert types() == ["MODEL_TRAIN_START", "MODEL_TRAIN_FAILED"]


@pytest.mark.parametrize(("kind", "event_type"), ENDINGS[1:])
def test_what_fails_otherwise_keeps_its_type(kind: str, event_type: str, the_event: TheEvent) -> None:
    with pytest.raises(LookupError):
        fail(kind)
    event = the_event(event_type)
    assert (event.event_status, event.severity, event.error_code) == ("FAILED", "medium", "LookupError")


def test_a_run_that_is_interrupted_has_failed(the_event: TheEvent) -> None:
    with pytest.raises(KeyboardInterrupt), ml_run("prestasi", kind="batch"):
        raise KeyboardInterrupt
    assert the_event("PREDICTION_BATCH").event_status == "FAILED"


def test_a_decorated_function_is_a_run_each_call() -> None:
    @ml_run("prestasi", kind="predict")
    def predict(number: int) -> int:
        """Twice."""
        current_run().version = number
        return 2 * number

    assert [predict(1), predict(number=2)] == [2, 4] and predict.__doc__ == "Twice."
    assert [event.event_data["version"] for event in Event.objects.order_by("id")] == [1, 2]


def test_a_decorated_function_may_call_itself() -> None:
    @ml_run("prestasi", kind="predict")
    def count(number: int) -> int:
        current_run().version = number
        return number and count(number - 1)

    count(2)
    assert [event.event_data["version"] for event in Event.objects.order_by("id")] == [0, 1, 2]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is told from now on: in a loop or a thread there is no connection of the test's to store it on."""
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("eventlog.capture.ml.record_event", lambda kind, columns: told.append((kind, columns)))
    return told


def test_coroutines_keep_their_runs_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    told = recorded(monkeypatch)

    @ml_run("prestasi", kind="predict")
    async def predict(number: int) -> None:
        await asyncio.sleep(0.01 / number)
        current_run().version = number

    async def both() -> None:
        async with ml_run("prestasi", kind="batch") as run:
            await asyncio.gather(predict(1), predict(2))
            run.version = 0

    asyncio.run(both())
    assert [(kind, columns["event_data"]["version"]) for kind, columns in told] == [
        ("PREDICTION_SINGLE", 2),
        ("PREDICTION_SINGLE", 1),
        ("PREDICTION_BATCH", 0),
    ]


def test_an_awaited_failure_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told = recorded(monkeypatch)

    @ml_run("prestasi", kind="load")
    async def load() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(load())
    assert told[0][1]["error_code"] == "LookupError"


def test_threads_may_share_a_run_that_was_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told, shared = recorded(monkeypatch), ml_run("prestasi", kind="predict")

    def work(number: int) -> None:
        with shared as run:
            run.version = number

    threads = [Thread(target=work, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(columns["event_data"]["version"] for _kind, columns in told) == list(range(20))


def test_nested_runs_are_told_from_the_inside_out() -> None:
    with ml_run("prestasi", kind="train") as outer, ml_run("prestasi", kind="save") as inner:
        assert current_run() is inner
        outer.version = 1
    assert types() == ["MODEL_TRAIN_START", "MODEL_SAVE", "MODEL_TRAIN"]


def test_a_block_may_end_in_another_context_than_it_began_in(the_event: TheEvent) -> None:
    run = ml_run("prestasi", kind="predict")
    Context().run(run.__enter__).version = 7
    run.__exit__(None, None, None)
    assert the_event("PREDICTION_SINGLE").event_data["version"] == 7


def test_numbers_of_numpy_are_numbers(the_event: TheEvent) -> None:
    with ml_run("prestasi", kind="evaluate") as run:
        run.metrics(accuracy=numpy.float32(0.5), confusion=numpy.eye(2, dtype=int), each=[numpy.int64(3)])
        run.counts(huge=numpy.zeros(20_000))
    data = the_event("MODEL_EVALUATE").event_data
    assert data["metrics"] == {"accuracy": 0.5, "confusion": [[1, 0], [0, 1]], "each": [3]}
    assert isinstance(data["counts"]["huge"], str)


@pytest.mark.parametrize("kind", ["dance", "\0", None, [], Unsayable()])
def test_whatever_it_is_given_it_raises_nothing(event_log: Change, kind: Any) -> None:
    event_log(RAISE_ERRORS=False)
    around: list[Any] = []
    around.append(around)
    with ml_run(Unsayable(), kind=kind) as run:  # type: ignore[arg-type]
        run.metrics(f1=Unsayable(), around=around, many={1: {2: float("nan")}})
        run.version = run.confidence = run.entity_id = Unsayable()
        run.features(Unsayable())
    assert Event.objects.get().event_category == "ML"


def predict(request: HttpRequest) -> HttpResponse:
    with ml_run("prestasi", kind="predict"):
        return HttpResponse("Tinggi")


urlpatterns = [path("predict", predict)]


def test_a_request_in_which_a_model_is_asked_is_of_its_category(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    client.get("/predict")
    made = Event.objects.get(event_type="PREDICTION_SINGLE")
    request = Event.objects.get(event_type="HTTP_REQUEST", request_path="/predict")
    assert request.event_category == "ML" and made.request_id == request.request_id
