"""An incident as one person is shown it on asking, and where its messages are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from slack_sdk.errors import SlackApiError

from bot.domain.incident import Incident
from bot.slack.listeners.deps import Deps
from bot.slack.scene import Scene, named


async def scene_of(deps: Deps, incident: Incident) -> Scene:
    """Without links: what is said of it names nobody by a mention."""
    return Scene(
        incident=incident,
        work=tuple(await deps.ledger.work(incident.id)),
        people=await deps.directory.people(named(incident)),
    )


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
