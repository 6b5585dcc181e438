"""How long opsbot waits for what may have died, before something else takes its place."""

from __future__ import annotations

from datetime import timedelta

from tools.kit.types import Frozen


class Pace(Frozen):
    """Chosen once, at start-up. At the default a killed worker's work is taken up within 30 s."""

    lease_seconds: float = 8.0
    """How long a dead worker's work stays its own; a live one renews it. Shorter than
    `enqueue_again_seconds`, so that the next worker to be told finds it free."""
    enqueue_again_seconds: float = 10.0
    """Work that was enqueued and is still waited for after this long is enqueued once more."""
    call_seconds: float = 20.0
    """Longest that one call to a backend may take; nobody reads back before."""
    read_back_seconds: float = 60.0
    """How long after its deadline a call is read back before its outcome is called unknown."""

    @property
    def enqueue_again(self) -> timedelta:
        return timedelta(seconds=self.enqueue_again_seconds)

    @property
    def call(self) -> timedelta:
        return timedelta(seconds=self.call_seconds)

    @property
    def read_back(self) -> timedelta:
        return timedelta(seconds=self.read_back_seconds)


NORMAL = Pace()
DRILL = Pace(lease_seconds=3, enqueue_again_seconds=5, call_seconds=5, read_back_seconds=5)
"""Fast enough that a drill of many deaths ends, and still longer than a busy machine is busy."""
