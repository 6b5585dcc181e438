"""👍 and 👎."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, place_of, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper
from bot.slack.views.feedback import Opinion, why_not_view

log = logging.getLogger(__name__)
_THANKS = "Thank you, noted with {incident}."


def register(app: AsyncApp, deps: Deps) -> None:
    """Both count at once; 👎 then asks why."""

    async def give(
        client: AsyncWebClient,
        place: tuple[str, str | None],
        user: str,
        value: str,
        reason: str = "",
        then: Callable[[Opinion], Awaitable[object]] | None = None,
    ) -> None:
        channel, thread = place
        opinion = Opinion.unpack(value)
        if opinion is None:
            await whisper(client, channel, user, NOT_OURS, thread)
            return
        try:
            await deps.feedback.give(
                opinion.incident, opinion.about, user, helpful=opinion.helpful, reason=reason
            )
            if then and not opinion.helpful:
                await then(opinion)
                return
            thanks = _THANKS.format(incident=opinion.incident)
            await whisper(client, channel, user, thanks, thread)
        except CommandRefusedError as refused:
            await whisper(client, channel, user, await told(refused, deps.directory), thread)
        except Exception as error:
            log.exception("feedback by %s could not be kept", user)
            await whisper(client, channel, user, failed(error), thread)

    @app.action(ids.FEEDBACK)
    async def pressed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place = place_of(body)

        async def ask_why(opinion: Opinion) -> object:
            view = why_not_view(opinion, place)
            return await client.views_open(trigger_id=body["trigger_id"], view=view)

        await give(client, place, body["user"]["id"], value_of(body), then=ask_why)

    @app.view(ids.FEEDBACK_VIEW)
    async def explained(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        channel, thread, value = json.loads(body["view"]["private_metadata"])
        reason = body["view"]["state"]["values"]["reason"]["text"]["value"] or ""
        await give(client, (channel, thread), body["user"]["id"], value, reason.strip())
