"""Who may look at incidents; what a button carries is no proof that it was ever shown to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.refusals import CommandRefusedError
from bot.slack.listeners.deps import Deps

Done = TypeVar("Done")
NOT_YOURS = "only those who can see the incidents' channel are told of them"


async def may_look(deps: Deps, user: str, channel: str) -> bool:
    """Whether somebody at work in `channel` can look into that of incidents."""
    return channel == deps.channel or await deps.directory.may_see(user, deps.channel)


async def require(deps: Deps, user: str, channel: str) -> None:
    """Raises CommandRefusedError."""
    if not await may_look(deps, user, channel):
        raise CommandRefusedError(NOT_YOURS)


async def once_seen(
    deps: Deps, user: str, channel: str, work: Callable[[], Awaitable[Done]]
) -> Done:
    """What `work` does, for whoever may look. Raises CommandRefusedError for others."""
    await require(deps, user, channel)
    return await work()
