"""Stop switches and breakers that nobody touches."""

from __future__ import annotations

from bot.domain.controls import BreakerReset, ControlEvent, Resumed, Stopped
from bot.domain.events import BreakerTripped


class CalmControls:
    """Nothing is stopped, no breaker is open; what is asked of it changes nothing."""

    async def stop(self, stop: Stopped) -> Stopped:
        return stop

    async def resume(self, resumed: Resumed) -> Stopped | None:
        return None

    async def stopped(self) -> dict[str, Stopped]:
        return {}

    async def tripped(self) -> dict[str, BreakerTripped]:
        return {}

    async def reset(self, reset: BreakerReset) -> BreakerTripped | None:
        return None

    async def history(self) -> list[ControlEvent]:
        return []
