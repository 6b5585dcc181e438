"""What happened in one incident, told again as another's that took place earlier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters import keys
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.seal import Seal
from bot.sandbox.drills.ground import Ground

_SENDER = "drill"
"""Of the alerts: none that is asked what still fires, and says that this doesn't."""


class Retelling:
    """Tells an incident's events again. The clock can't be moved, so what is told is dated back.

    The order in which incidents open is told as well: otherwise they would be a storm.
    """

    def __init__(self, ground: Ground, first: str, events: Sequence[e.IncidentEvent]) -> None:
        """`first`: the incident that they are of."""
        self._ground = ground
        self._first = first
        self._events = events
        seal = Seal(ground.stage.environment["OPSBOT_AUDIT_KEY"])
        self._ledger = RedisLedger(ground.redis, sync_each_commit=False, seal=seal)

    def like(self, name: str, began: datetime) -> list[e.IncidentEvent]:
        """All that happened, as that incident's, which began then."""
        back = self._events[0].at - began
        digests: dict[str, str] = {}
        told = []
        for event in self._events:
            again = _moved(event, self._first, name, back)
            if isinstance(event, e.PlanProposed) and isinstance(again, e.PlanProposed):
                # Its tickets name the incident, and so what is judged is another plan.
                was, becomes = (x.plan.digest(x.verdict.rule) for x in (event, again))
                digests[was] = becomes
            known = digests.get(getattr(again, "digest", ""))
            told.append(again.model_copy(update={"digest": known}) if known else again)
        return told

    async def begin(self, name: str, at: datetime) -> None:
        """It opens then, whatever the store's clock says when it is told."""
        score = int(at.timestamp() * 1000)
        await self._ground.redis.zadd(keys.INCIDENTS, {name: score}, nx=True)

    async def tell(self, name: str, events: Sequence[e.IncidentEvent]) -> None:
        """One commit for each."""
        incident = await self._ledger.load(name)
        for event in events:
            incident = await self._ledger.commit(incident, [event])

    async def new_name(self) -> str:
        return await self._ledger.new_id()


def _moved(event: e.IncidentEvent, first: str, name: str, back: timedelta) -> e.IncidentEvent:
    def moved(value: Any) -> Any:
        match value:
            case datetime():
                return value - back
            case str():
                return value.replace(first, name)
            case dict():
                return {key: moved(each) for key, each in value.items()}
            case list() | tuple():
                return [moved(each) for each in value]
            case _:
                return value

    told, fingerprint = moved(event.model_dump()), f"{_SENDER}:{name}"
    if isinstance(event, e.IncidentOpened | e.AlertJoined):
        told["alert"] |= {"source": _SENDER, "fingerprint": fingerprint}
    elif isinstance(event, e.AlertCleared):
        told["fingerprint"] = fingerprint
    return type(event).model_validate(told)
