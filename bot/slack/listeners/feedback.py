"""👍 and 👎."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, attempt, place_of, value_of
from bot.slack.listeners.whisper import whisper
from bot.slack.views.feedback import Opinion, why_not_view

_THANKS = "Thank you, noted with {incident}."


def register(app: AsyncApp, deps: Deps) -> None:
    """Both count at once; 👎 then asks why."""

    async def give(
        client: AsyncWebClient,
        place: ids.Place,
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

        async def work() -> None:
            await deps.feedback.give(
                opinion.incident, opinion.about, user, helpful=opinion.helpful, reason=reason
            )
            if then and not opinion.helpful:
                await then(opinion)
                return
            thanks = _THANKS.format(incident=opinion.incident)
            await whisper(client, channel, user, thanks, thread)

        await attempt(deps, client, place, user, work(), "feedback")

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
        place, [value] = ids.kept(body["view"])
        reason = body["view"]["state"]["values"]["reason"]["text"]["value"] or ""
        await give(client, place, body["user"]["id"], value, reason.strip())
