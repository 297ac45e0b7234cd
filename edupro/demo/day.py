"""The school's day, quicker than a real one: who comes when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeAlias

OPENS, CLOSES = 6.75, 22.0  # hours; of the night nothing is shown
Hours: TypeAlias = Sequence[tuple[float, float]]  # (hour, how busy from then on); 1 is usual

ALWAYS: Hours = ((OPENS, 1.0),)
AT_SCHOOL: Hours = ((OPENS, 1.0), (7.0, 3.0), (7.75, 0.8), (12.0, 0.4), (13.0, 0.8), (15.5, 0.1), (17.0, 0.0))
IN_THE_EVENING: Hours = ((OPENS, 0.0), (18.5, 1.0), (19.0, 3.0), (21.0, 0.5))
AFTER_SCHOOL: Hours = ((OPENS, 0.3), (7.5, 0.0), (12.0, 0.5), (13.0, 0.0), (15.0, 1.5), (17.0, 1.0), (20.0, 0.5))
IN_THE_OFFICE: Hours = ((OPENS, 0.5), (7.5, 1.0), (12.0, 0.3), (13.0, 1.0), (16.0, 0.0))


@dataclass(frozen=True, slots=True)
class Day:
    """`speed` hours of school pass in an hour of ours; it begins with the rush at the gate."""

    speed: float
    began: float = field(default_factory=monotonic)  # seconds

    def hour(self, now: float) -> float:
        """The school's time at `now` by the monotonic clock: 7.5 is half past seven. The next day follows at once."""
        return OPENS + (now - self.began) * self.speed / 3600 % (CLOSES - OPENS)

    def busy(self, hours: Hours, now: float) -> float:
        hour = self.hour(now)
        return next((share for begins, share in reversed(hours) if begins <= hour), 0.0)
