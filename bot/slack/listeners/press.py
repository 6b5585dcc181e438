"""A button was pressed: do what it is for, or tell that person why not."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper

Done = TypeVar("Done")
log = logging.getLogger(__name__)
NOT_OURS = "This button is not one of mine any more. Look for a newer message in the thread."


async def press(
    deps: Deps,
    client: AsyncWebClient,
    place: ids.Place,
    user: str,
    value: str,
    act: Callable[[ids.PlanRef], Awaitable[object]],
) -> None:
    """A button of a plan. `value`: what it carries."""
    ref = ids.PlanRef.unpack(value)
    if ref is None:
        channel, thread = place
        await whisper(client, channel, user, NOT_OURS, thread)
        return
    work = sight.once_seen(deps, user, place[0], lambda: act(ref))
    await attempt(deps, client, place, user, work, f"a button of {ref}")


async def attempt(
    deps: Deps,
    client: AsyncWebClient,
    place: ids.Place,
    user: str,
    work: Awaitable[Done],
    what: str,
) -> Done | None:
    """What came of it; None where nothing did, and then the person is told why. `what`: for the
    log."""
    channel, thread = place
    try:
        return await work
    except CommandRefusedError as refused:
        await whisper(client, channel, user, await told(refused, deps.directory), thread)
    except Exception as error:
        log.exception("%s failed for %s", what, user)
        await whisper(client, channel, user, failed(error), thread)
    return None


def value_of(body: dict[str, Any]) -> str:
    """What a button carries, or the choice that was made of a menu."""
    action = body["actions"][0]
    chosen = action.get("selected_option") or action
    return str(chosen.get("value") or "")


def place_of(body: dict[str, Any]) -> ids.Place:
    container = body.get("container") or {}
    return str(container.get("channel_id") or body["user"]["id"]), container.get("thread_ts")
