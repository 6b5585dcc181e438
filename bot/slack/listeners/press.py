"""A button of a plan was pressed: do what it is for, or tell that person why not."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper

log = logging.getLogger(__name__)
NOT_OURS = "This button is not one of mine any more. Look for a newer message in the thread."


async def press(
    deps: Deps,
    client: AsyncWebClient,
    place: tuple[str, str | None],
    user: str,
    value: str,
    act: Callable[[ids.PlanRef], Awaitable[object]],
) -> None:
    """`value`: what the button carries; `place`: channel and thread in which to answer."""
    ref = ids.PlanRef.unpack(value)
    channel, thread = place
    if ref is None:
        await whisper(client, channel, user, NOT_OURS, thread)
        return
    try:
        await sight.require(deps, user, channel)
        await act(ref)
    except CommandRefusedError as refused:
        await whisper(client, channel, user, await told(refused, deps.directory), thread)
    except Exception as error:
        log.exception("%s by %s failed", ref, user)
        await whisper(client, channel, user, failed(error), thread)


def value_of(body: dict[str, Any]) -> str:
    """What a button carries, or the choice that was made of a menu."""
    action = body["actions"][0]
    chosen = action.get("selected_option") or action
    return str(chosen.get("value") or "")


def place_of(body: dict[str, Any]) -> tuple[str, str | None]:
    container = body.get("container") or {}
    return str(container.get("channel_id") or body["user"]["id"]), container.get("thread_ts")
