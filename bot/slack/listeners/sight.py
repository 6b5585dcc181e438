"""Who may look at incidents, and where their messages stand in Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from slack_sdk.errors import SlackApiError

from bot.domain.refusals import CommandRefusedError
from bot.slack.listeners.deps import Deps

NOT_YOURS = "only those who can see the incidents' channel are told of them"


async def may_look(deps: Deps, user: str, channel: str) -> bool:
    """Whether somebody at work in `channel` can look into that of incidents; what a button carries
    is no proof that it was ever shown to them."""
    return channel == deps.channel or await deps.directory.may_see(user, deps.channel)


async def require(deps: Deps, user: str, channel: str) -> None:
    """Raises CommandRefusedError."""
    if not await may_look(deps, user, channel):
        raise CommandRefusedError(NOT_YOURS)


async def links(deps: Deps, slots: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Incident → permalink of that slot's message, for those that stand in Slack."""
    asked = list(slots)
    found = await asyncio.gather(*(_link(deps, incident, slot) for incident, slot in asked))
    return {incident: link for (incident, _), link in zip(asked, found, strict=True) if link}


async def _link(deps: Deps, incident: str, slot: str) -> str | None:
    posted = (await deps.slots.all(incident)).get(slot)
    if posted is None or not posted.ts:
        return None
    try:
        answer = await deps.client.chat_getPermalink(channel=posted.channel, message_ts=posted.ts)
    except SlackApiError:
        return None
    return str(answer["permalink"])
