"""Who is shown what: asked of the directory and kept for a while, to show and not to trust."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from slack_sdk.errors import SlackApiError

from bot.domain.ports import RotaUnreadableError
from bot.slack.directory import SlackDirectory

log = logging.getLogger(__name__)
_SECONDS = 600.0
_NO_SECONDS = 30.0
"""Slack may just have been away, or somebody was let in."""


class Glance:
    """What a tab shows is asked at each look of many people; what a click does is asked afresh."""

    def __init__(self, directory: SlackDirectory) -> None:
        self._directory = directory
        self._known: dict[tuple[str, ...], tuple[float, bool]] = {}

    async def member(self, user: str) -> bool:
        """A full member of the workspace, within the last ten minutes."""
        return await self._kept(("member", user), lambda: self._directory.eligible(user))

    async def sees(self, user: str, channel: str) -> bool:
        """Whether this person could read that channel, within the last ten minutes; a guest reads
        those they were let into.
        """

        async def ask() -> bool:
            try:
                return await self._directory.may_see(
                    user, channel
                ) or await self._directory.has_joined(user, channel)
            except SlackApiError as error:
                log.warning("who sees %s can't be told: %s", channel, error)
                return False

        return await self._kept(("sees", user, channel), ask)

    async def behind(self, user: str, handles: Iterable[str]) -> frozenset[str]:
        """Those of the handles that the person is behind; one that can't be read is none."""
        found = set()
        for handle in sorted(set(handles)):
            try:
                if user in await self._directory.audience(handle):
                    found.add(handle)
            except (RotaUnreadableError, SlackApiError) as error:
                log.info("who is behind %s can't be told: %s", handle, error)
        return frozenset(found)

    async def _kept(self, key: tuple[str, ...], ask: Callable[[], Awaitable[bool]]) -> bool:
        until, known = self._known.get(key, (0.0, False))
        if time.monotonic() < until:
            return known
        answer = await ask()
        self._known[key] = (time.monotonic() + (_SECONDS if answer else _NO_SECONDS), answer)
        return answer
