"""When it is looked whether a plan has helped: often at first, later once a minute. Pure."""

from __future__ import annotations

from bisect import bisect_right

_FIRST = 3.0
_SLOWEST = 60.0


def looks(within: float) -> tuple[float, ...]:
    """Seconds after the last step was verified; the last of them is `within`, when it is over."""
    at, found = 0.0, [0.0]
    while (at := at + min(max(at, _FIRST), _SLOWEST)) < within:
        found.append(at)
    return (*found, within) if within else (0.0,)


def counted(elapsed: float, within: float) -> tuple[int, int]:
    """Which look this is after `elapsed` seconds, and how many there are at most."""
    planned = looks(within)
    return max(1, bisect_right(planned, elapsed)), len(planned)


def until_next(elapsed: float, within: float) -> float:
    """Seconds from `elapsed`, which is before `within`, to the next look."""
    planned = looks(within)
    return planned[bisect_right(planned, elapsed)] - elapsed
