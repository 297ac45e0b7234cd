"""Charts as the points and paths of an inline SVG, which style sheets colour: no script draws them, and no style is in
them. Lengths are texts, since a reader's language may write 1.5 as 1,5, which no browser understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eventlog.catalog import StrOrPromise

WIDTH: Final = 1000
HEIGHT: Final = 100
GAP: Final = 0.15  # of a bar's width, on either side
Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One series. `kind` is the end of the class that colours it; `bars` are one path, `lines` points, one text for
    each line without a gap."""

    kind: str
    title: StrOrPromise
    bars: str = ""
    lines: Sequence[str] = ()


def written(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def box(x: float, width: float, height: float = HEIGHT) -> str:
    """A path that stands at the bottom."""
    return f"M{written(x)} {HEIGHT}v-{written(height)}h{written(width)}V{HEIGHT}z"


def columns(count: int) -> list[str]:
    """What lies over each value, as high as the chart."""
    width = WIDTH / max(count, 1)
    return [box(width * place, width) for place in range(count)]


def bars(values: Values, most: float) -> str:
    """All of them as one path: each element costs a page what it takes to write it."""
    width = WIDTH / max(len(values), 1)
    heights = ((place, max(value * HEIGHT / most, 1)) for place, value in enumerate(values) if value)  # the least shows
    return "".join(box(width * (place + GAP), width * (1 - 2 * GAP), height) for place, height in heights)


def lines(values: Values, most: float) -> list[str]:
    """Broken where there is no value. One that stands alone is a point: a line to itself."""
    width = WIDTH / max(len(values), 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            height = value * HEIGHT / most if most else 0
            runs[-1].append(f"{written(width * (place + 0.5))},{written(HEIGHT - height)}")
    return [" ".join(run if len(run) > 1 else run * 2) for run in runs if run]


def most_of(series: Sequence[Values]) -> float:
    return max((value for values in series for value in values if value is not None), default=0)


def share(part: float, most: float) -> str:
    """In percent of the longest bar."""
    return written(100 * part / most) if most else "0"
