"""Named places where a drill may strike; nothing happens there otherwise."""

from __future__ import annotations

from collections.abc import Callable

_reached: list[Callable[[str], None]] = []


def crashpoint(name: str) -> None:
    """Say that the process is at `name`, as invariants name it: `E3` is "effect sent"."""
    for act in _reached:
        act(name)


def arm(act: Callable[[str], None]) -> None:
    """Call `act` with the name of every crash point reached from now on in this process."""
    _reached.append(act)
