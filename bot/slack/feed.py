"""What tells Slack's side that there is something new to show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.storm import Opening


class Feed(Protocol):
    """What changed and is not shown yet."""

    async def changed(self, count: int) -> list[tuple[str, float]]: ...

    async def projected(self, incident_id: str, sequence: float) -> None: ...

    async def touch(self, name: str) -> None:
        """That is to be shown anew."""

    async def openings(self, since: datetime) -> list[Opening]: ...

    async def versions(self, incident_ids: Sequence[str]) -> list[int]: ...

    def wakes(self) -> AsyncIterator[str]:
        """The incident of each change, and an empty one once it listens; may miss some, so whoever
        listens looks by itself as well."""
