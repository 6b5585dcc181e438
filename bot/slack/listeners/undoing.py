"""Undo what is done, and Roll back over what others changed since."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, place_of, press, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.window import tell_in_window
from bot.slack.views.roll_back import begun_words, looking_view, roll_back_view, told_view

log = logging.getLogger(__name__)


def register(app: AsyncApp, deps: Deps) -> None:
    """Who may is asked at each click; what a window carries is compared with what stands there."""

    @app.action(ids.UNDO)
    async def undo(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await deps.undoing.undo(ref.incident, ref.plan, ref.digest, user)

        await press(deps, client, place_of(body), user, value_of(body), act)

    @app.action(ids.ROLL_BACK)
    async def roll_back(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user = place_of(body), body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            await deps.undoing.require(ref.incident, ref.plan, ref.digest, user)
            view = looking_view(ref)
            opened = await client.views_open(trigger_id=body["trigger_id"], view=view)
            try:
                offered = await deps.undoing.consider(ref.incident, ref.plan, ref.digest, user)
                view = roll_back_view(ref, offered, place)
            except CommandRefusedError as refused:
                view = told_view(await told(refused, deps.directory))
            return await client.views_update(view_id=opened["view"]["id"], view=view)

        await press(deps, client, place, user, value_of(body), act)

    @app.view(ids.ROLL_BACK_VIEW)
    async def agreed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        view, user = body["view"], body["user"]["id"]
        place, [value, shown] = ids.kept(view)
        ref = ids.PlanRef.unpack(value)
        if ref is None:
            await ack(response_action="update", view=told_view(NOT_OURS))
            return
        await ack(response_action="update", view=looking_view(ref))
        work = _rolled_back(deps, ref, shown, user)
        await tell_in_window(client, view["id"], place, user, work, told_view)


async def _rolled_back(deps: Deps, ref: ids.PlanRef, shown: str, user: str) -> str:
    """What came of it, in words for whoever agreed."""
    try:
        await deps.undoing.roll_back(ref.incident, ref.plan, ref.digest, shown, user)
    except CommandRefusedError as refused:
        return await told(refused, deps.directory)
    except Exception as error:
        log.exception("%s could not be rolled back by %s", ref, user)
        return failed(error)
    return begun_words(ref)
