"""Where the messages of incidents stand in Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from slack_sdk.errors import SlackApiError

from bot.slack.listeners.deps import Deps


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
