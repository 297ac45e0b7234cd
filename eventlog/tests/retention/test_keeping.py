"""What remains after a clean-up: exactly what must, by a reference in plain Python."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eventlog.models import Event, Hold
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import cleanup, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.altering import forget
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db

DAYS = {"AUTH": 365, "SECURITY": 30}
AGES = (5, 40, 100, 200, 390)


@dataclass(frozen=True)
class Happened:
    category: str
    age: int  # days
    own_days: int | None
    username: str
    entity: tuple[str, str]
    data: str  # which of DATA
    request_id: str

    def record(self, now: datetime) -> bytes:
        kind, key = self.entity
        columns = {
            "timestamp": now - timedelta(days=self.age, minutes=1),
            "event_category": self.category,
            "retention_days": self.own_days,
            "username": self.username,
            "entity_type": kind,
            "entity_id": key,
            "event_data": DATA[self.data],
            "request_id": self.request_id,
        }
        return make_record("MAINTENANCE", columns).to_json()

    @property
    def is_past(self) -> bool:
        return self.age >= (DAYS.get(self.category, 90) if self.own_days is None else self.own_days)

    def is_held_by(self, hold: dict[str, Any]) -> bool:
        kind, key = self.entity
        keys = (key, *DATA[self.data].get("keys", ()))
        may_be_any = not key and "complete" not in DATA[self.data]
        return (
            hold.get("username", self.username) == self.username
            and hold.get("entity_type", kind) == kind
            and ("entity_id" not in hold or hold["entity_id"] in keys or may_be_any)
            and hold.get("request_id", self.request_id) == self.request_id
            and hold.get("oldest", 1000) > self.age >= hold.get("youngest", 0)
        )


DATA: dict[str, dict[str, Any]] = {"none": {}, "some": {"keys": ["1", "2"], "complete": True}, "vague": {"keys": ["3"]}}
HAPPENED = st.builds(
    Happened,
    category=st.sampled_from(["AUTH", "CRUD", "SECURITY"]),
    age=st.sampled_from(AGES),
    own_days=st.sampled_from([None, None, None, 0, 60, 1000]),
    username=st.sampled_from(["ani", "budi", ""]),
    entity=st.sampled_from([("", ""), ("siswa", ""), ("siswa", "1"), ("nilai", "2"), ("nilai", "")]),
    data=st.sampled_from(list(DATA)),
    request_id=st.sampled_from(["", "r1", "r2"]),
)
# In days, which of the events are between: oldest > age >= youngest.
CONDITIONS = st.one_of(
    st.fixed_dictionaries({"username": st.just("ani")}, optional={"youngest": st.just(40), "oldest": st.just(390)}),
    st.fixed_dictionaries({"entity_type": st.just("siswa")}, optional={"entity_id": st.sampled_from(["1", "2"])}),
    st.fixed_dictionaries({"entity_type": st.just("nilai"), "entity_id": st.sampled_from(["2", "3"])}),
    st.fixed_dictionaries({"request_id": st.just("r1")}, optional={"username": st.just("budi")}),
    st.fixed_dictionaries({"oldest": st.sampled_from(AGES), "youngest": st.just(0)}),
)
STATES = st.sampled_from(["open", "until later", "over", "lifted"])


def placed(conditions: dict[str, Any], state: str, now: datetime) -> None:
    columns = {name: value for name, value in conditions.items() if name not in ("oldest", "youngest")}
    ends = {"oldest": "begin", "youngest": "end"}
    columns |= {ends[name]: now - timedelta(days=days) for name, days in conditions.items() if name in ends}
    until = {"until later": now + timedelta(days=1), "over": now - timedelta(minutes=1)}.get(state)
    lifted_at = now if state == "lifted" else None
    Hold.objects.create(reason="test", placed_by="ada", until=until, lifted_at=lifted_at, **columns)


def start_over(now: datetime) -> None:
    forget()
    Hold.objects.all().delete()
    for age in AGES[1:]:
        partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.attach, Month.of(now - timedelta(days=age)))


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(HAPPENED, min_size=10, max_size=40), st.lists(st.tuples(CONDITIONS, STATES), max_size=3))
def test_exactly_what_must_remain_remains(
    event_log: Change, events: list[Happened], holds: list[tuple[dict[str, Any], str]]
) -> None:
    event_log(RETENTION_DAYS_BY_CATEGORY=DAYS)
    now = timezone.now()
    start_over(now)
    records = [event.record(now) for event in events]
    store.write(store.Batch(records))
    for conditions, state in holds:
        placed(conditions, state, now)
    in_force = [conditions for conditions, state in holds if state in ("open", "until later")]
    held = [any(event.is_held_by(each) for each in in_force) for event in events]
    gone = [event.is_past and not is_held for event, is_held in zip(events, held, strict=True)]
    keeping = Keeping(now=now)
    plan = cleanup.planned(keeping)
    removed = list(cleanup.clean_up(keeping))

    left = {str(key) for key in Event.objects.filter(event_type="MAINTENANCE").values_list("pk", flat=True)}
    assert left == {record[7:43].decode() for record, is_gone in zip(records, gone, strict=True) if not is_gone}
    by_category = Counter(event.category for event, is_gone in zip(events, gone, strict=True) if is_gone)
    assert cleanup.totals(removed)["by_category"] == cleanup.totals(plan.removals)["by_category"] == by_category
    kept = sum(map(lambda e, h: e.is_past and h, events, held))
    with connection.cursor() as cursor:
        assert sum(line.held for line in plan.lines) == sum(keeping.held(cursor).values()) == kept
