"""The demo's visitors at work: a thread each, at a shared rate, until they are sent home."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from time import monotonic

from edupro.demo.browser import Browser, Reply, Request
from edupro.demo.day import Day
from edupro.demo.visitors import VISITORS
from edupro.demo.visits.visiting import Abandoned, Visit, Visitor, VisitorKind

LOOPBACK = "127."
LOOK_SECONDS = 0.5  # between looks at the clock


class SentHome(BaseException):
    """The traffic ends. Not an `Exception`, so that no visit catches it."""


def play(visit: Visit, send: Callable[[Request], Reply]) -> None:
    """One visit from beginning to end: each request gets its reply before the next is made."""
    with suppress(StopIteration, Abandoned):
        request = next(visit)
        while True:
            request = visit.send(send(request))


def endless(visitor: Visitor) -> Iterator[Visit]:
    """Every visit once in the order given, which shows each kind of event early; then as they come."""
    scenarios = visitor.kind.scenarios
    yield from (scenario(visitor) for scenario in scenarios)
    while True:
        yield visitor.random.choice(scenarios)(visitor)


def visitor_of(kind: VisitorKind, *, at: tuple[str, int], passwords: Mapping[str, str]) -> Visitor:
    """On the loopback network each visitor calls from an address of its own, which Linux lets anybody do."""
    host, port = at
    address = kind.address if host.startswith(LOOPBACK) else ""
    return Visitor(
        kind=kind,
        browser=Browser(host, port, kind.user_agent, address=address),
        password=passwords.get(kind.username, ""),
        random=Random(),
    )


@dataclass
class Traffic:
    """`rate` is requests a second, of all visitors together, while each is as busy as usual."""

    visitors: Sequence[Visitor]
    rate: float
    day: Day
    over: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)

    @classmethod
    def of(cls, at: tuple[str, int], *, passwords: Mapping[str, str], rate: float, speed: float) -> "Traffic":
        return cls([visitor_of(kind, at=at, passwords=passwords) for kind in VISITORS], rate, Day(speed))

    def start(self) -> None:
        for visitor in self.visitors:
            thread = Thread(target=self.live, args=[visitor], name=f"visitor {visitor.kind.name}", daemon=True)
            self.threads.append(thread)
            thread.start()

    def stop(self, seconds: float = 1.0) -> None:
        """A visitor who still waits for an answer is left behind; the thread is a daemon."""
        self.over.set()
        deadline = monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, deadline - monotonic()))

    def live(self, visitor: Visitor) -> None:
        """First every kind of visit, at whatever time; then as the day goes."""
        pace = Pace(self.rate * visitor.kind.share, visitor.random)
        busy = 1.0

        def send(request: Request) -> Reply:
            if self.over.wait(pace.pause(monotonic(), busy=busy)):
                raise SentHome
            return visitor.browser.send(request)

        with suppress(SentHome):
            for number, visit in enumerate(endless(visitor)):
                if number >= len(visitor.kind.scenarios):
                    busy = self.wait_for_work(visitor)
                play(visit, send)

    def wait_for_work(self, visitor: Visitor) -> float:
        """How busy the visitor is now, who is not sent for before there is something to do."""
        while not (busy := self.day.busy(visitor.kind.hours, monotonic())):
            if self.over.wait(LOOK_SECONDS):
                raise SentHome
        return busy


@dataclass
class Pace:
    """Random pauses that keep to a rate on average, whatever the answers take."""

    rate: float  # requests a second
    random: Random
    due: float = 0.0  # by the monotonic clock

    def pause(self, now: float, *, busy: float = 1.0) -> float:
        """Seconds until the next request, at `busy` times the rate. Who is late does not catch up for more than two
        requests."""
        rate = self.rate * busy
        self.due = max(self.due, now - 2 / rate) + self.random.expovariate(rate)
        return max(0.0, self.due - now)
