"""Follow, unfollow and quiet hours: by command, by `@opsbot`, and by the card's button."""

from __future__ import annotations

import logging
import re
from typing import Any, cast

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.following import Pace
from bot.domain.refusals import CommandRefusedError
from bot.incidents.quiet import QuietHoursError
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper
from bot.slack.views.following import followed, follows, quiet_words, unfollowed
from bot.slack.views.text import said

log = logging.getLogger(__name__)
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")


def register(app: AsyncApp, deps: Deps) -> None:
    @app.action(ids.FOLLOW)
    async def follow(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        (channel, thread), user = place_of(body), body["user"]["id"]
        words = await heard(deps, user, "follow", value_of(body))
        await whisper(client, channel, user, words, thread)


async def heard(deps: Deps, user: str, verb: str, rest: str, incident: str | None = None) -> str:
    """What to answer that person alone. `incident`: the thread's, where nothing is named."""
    try:
        words = await _do(deps, user, verb, rest.split(), incident)
        deps.homes.refresh(user)
        return words
    except (QuietHoursError, _Misunderstood) as error:
        return said(str(error), 300)
    except CommandRefusedError as refused:
        return await told(refused, deps.directory)
    except Exception as error:
        log.exception("%s %s by %s", verb, rest, user)
        return failed(error)


class _Misunderstood(Exception):
    """Says what to type."""


async def _do(deps: Deps, user: str, verb: str, words: list[str], incident: str | None) -> str:
    following = deps.following
    match verb:
        case "follow" if not words and incident is None:
            return followed(await following.followed(user))
        case "follow":
            target, place, pace = _wanted(words, incident)
            return follows(await following.follow(user, target, place, pace))
        case "unfollow":
            target = words[0] if words else incident or ""
            if not target:
                raise _Misunderstood("say what to unfollow: `/opsbot unfollow INC-12`, or `all`")
            return unfollowed(await following.unfollow(user, target), target)
        case _ if words:
            return quiet_words(await following.keep_quiet(user, " ".join(words)))
        case _:
            return quiet_words(await following.quiet(user))


def _wanted(words: list[str], incident: str | None) -> tuple[str, str | None, Pace]:
    """Target, channel and pace, in any order. Raises _Misunderstood."""
    targets: list[str] = []
    place: str | None = None
    pace: Pace = "milestones"
    for word in words:
        channel = _CHANNEL.fullmatch(word)
        if channel:
            place = channel[1]
        elif word.lower() in ("milestones", "all"):
            pace = cast(Pace, word.lower())
        elif word.startswith("#"):
            raise _Misunderstood(f"{word} is no channel that I can see: pick it from Slack's list")
        elif word.lower() != "dm":
            targets.append(word)
    if len(targets) > 1:
        raise _Misunderstood(
            "follow one thing at a time: `/opsbot follow INC-12 [dm|#channel] [milestones|all]`"
        )
    return (targets[0] if targets else incident or ""), place, pace
