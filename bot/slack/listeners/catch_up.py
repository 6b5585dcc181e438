"""Catch me up, chosen on a message: for that person alone."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.shortcut import answered, left_in, to_choose_from
from bot.slack.origin import Origin
from bot.slack.views.answer import answer_text, whom_it_names
from bot.slack.views.shortcuts import catching_up_view


def register(app: AsyncApp, deps: Deps) -> None:
    """In an incident's thread that incident; elsewhere it is asked which."""

    @app.shortcut(ids.CATCH_ME_UP)
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(origin: Origin) -> str | None:
            incident = await deps.slots.incident_at(origin.channel, origin.root)
            if incident:
                return await _told(deps, incident, user)
            view = catching_up_view(origin, await to_choose_from(deps, user))
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            return None

        await answered(deps, client, Origin.of(body), user, act)

    @app.view(ids.CATCH_UP_VIEW)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view, user = body["view"], body["user"]["id"]

        async def act(_: Origin) -> str | None:
            return await _told(deps, left_in(view, "incident"), user)

        await answered(deps, client, Origin.unpack(view["private_metadata"]), user, act)


async def _told(deps: Deps, incident_id: str, user: str) -> str:
    if not await deps.directory.may_see(user, deps.channel):
        raise CommandRefusedError("you can't see the channel in which incidents are")
    if deps.catch_up:
        return await deps.catch_up(incident_id, user)
    incident = await deps.board.read(incident_id)
    return answer_text(incident, await deps.directory.people(whom_it_names(incident)))
