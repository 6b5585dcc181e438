"""The Home tab is looked at, and quiet hours are changed there."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.incidents.quiet import QuietHoursError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed
from bot.slack.listeners.whisper import whisper
from bot.slack.views.quiet import BLOCK, VALUE, quiet_view

log = logging.getLogger(__name__)


async def _is_home(event: dict[str, Any]) -> bool:
    """The Messages tab sends the same event."""
    return event.get("tab") == "home"


def register(app: AsyncApp, deps: Deps) -> None:
    @app.event("app_home_opened", matchers=[_is_home])
    async def opened(event: dict[str, Any]) -> None:
        await deps.homes.open(event["user"])

    @app.action(ids.QUIET)
    async def ask(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]
        try:
            view = quiet_view(await deps.following.quiet(user))
            await client.views_open(trigger_id=body["trigger_id"], view=view)
        except Exception as error:
            log.exception("%s could not be asked for quiet hours", user)
            await whisper(client, None, user, failed(error))

    @app.view(ids.QUIET_VIEW)
    async def save(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        user = body["user"]["id"]
        hours = (body["view"]["state"]["values"][BLOCK][VALUE]["value"] or "").strip()
        try:
            await deps.following.keep_quiet(user, hours or "off")
        except QuietHoursError as error:
            await ack(response_action="errors", errors={BLOCK: str(error)[:150]})
        except Exception as error:
            log.exception("the quiet hours of %s could not be saved", user)
            await ack()
            await whisper(client, None, user, failed(error))
        else:
            await ack()
            deps.homes.refresh(user)
