"""Says outwards that opsbot is able to work, for as long as it is; its silence calls people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.ports import Clock
from bot.incidents.cancellation import end_if_cancelled

log = logging.getLogger(__name__)
Vital = Callable[[], Awaitable[str | None]]
"""What is wrong, in a few words; None where it is as it should be."""
Beat = Callable[[], Awaitable[None]]
LOOK_SECONDS = 10.0
_PATIENCE_SECONDS = 8.0


class Pulse:
    """No sign of life goes out unless every vital was good a moment before."""

    def __init__(
        self,
        vitals: Mapping[str, Vital],
        beats: Mapping[str, Beat],
        clock: Clock,
        *,
        seconds: float,
    ) -> None:
        """`beats`: where signs of life go, one each `seconds`."""
        self._vitals = dict(vitals)
        self._beats = dict(beats)
        self._clock = clock
        self._every = timedelta(seconds=seconds)
        self._failing: dict[str, str] | None = None
        self._due: datetime | None = None
        self._sent: dict[str, datetime] = {}
        self._refused: dict[str, str] = {}

    @property
    def state(self) -> dict[str, Any]:
        """For `/health`: whether opsbot is able to work, what fails, and what went out when."""
        heartbeats = {
            name: self._refused.get(name)
            or (self._sent[name].isoformat() if name in self._sent else "not sent yet")
            for name in self._beats
        }
        return {
            "able": self._failing == {},
            "failing": {} if self._failing is None else self._failing,
            "heartbeats": heartbeats,
        }

    async def run(self) -> None:
        """Look and beat until cancelled; not at once, for workers take a moment to start."""
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._every.total_seconds()))
            try:
                await self.turn()
            except Exception:
                log.exception("the heartbeat stumbled; it is tried again")
            end_if_cancelled()

    async def turn(self) -> None:
        """Look at every vital; where all are good and a sign of life is due, send it."""
        failing = await self._look()
        if failing != self._failing:
            self._changed(failing)
        self._failing = failing
        now = self._clock()
        if failing or (self._due is not None and now < self._due):
            return
        self._due = now + self._every
        await asyncio.gather(*(self._beat(name, beat) for name, beat in self._beats.items()))

    def _changed(self, failing: dict[str, str]) -> None:
        if failing:
            what = "; ".join(f"{name}: {why}" for name, why in failing.items())
            log.warning("not able to work, so no heartbeat goes out: %s", what)
        elif self._failing is not None:
            log.warning("able to work again")

    async def _look(self) -> dict[str, str]:
        answers = await asyncio.gather(*(_ask(vital) for vital in self._vitals.values()))
        return {name: why for name, why in zip(self._vitals, answers, strict=True) if why}

    async def _beat(self, name: str, beat: Beat) -> None:
        try:
            await beat()
        except Exception as error:
            if name not in self._refused:
                log.warning("the heartbeat to %s is not taken: %s", name, error)
            self._refused[name] = f"not taken: {error}"
            self._due = None
        else:
            self._refused.pop(name, None)
            self._sent[name] = self._clock()


async def _ask(vital: Vital) -> str | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await vital()
    except TimeoutError:
        return f"no answer within {_PATIENCE_SECONDS:.0f} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
