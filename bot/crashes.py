"""Lets a drill kill this process at a named point."""

from __future__ import annotations

import os
import signal

from bot.domain.crashpoints import arm


def arm_crashes(points: str) -> None:
    """Kill this process with -9 when it reaches one of the comma-separated points.

    Where a fork of it gets there, both die, as they would with their machine.
    """
    names = frozenset(point.strip() for point in points.split(",") if point.strip())
    armed = os.getpid()

    def kill(name: str) -> None:
        if name in names:
            for pid in dict.fromkeys((armed, os.getpid())):
                os.kill(pid, signal.SIGKILL)

    if names:
        arm(kill)
