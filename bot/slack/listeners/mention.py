"""What is said to opsbot, in an incident's thread and outside it: a command, or a question."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.incidents.question import Question
from bot.slack.listeners import commands, greeting, hint, question, session
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.speak import speak
from bot.slack.views.spoken import Spoken, spoken

log = logging.getLogger(__name__)
_AWAY = "I can't look that up right now: what I keep my notes in doesn't answer. Ask again soon."
_LONGEST = 2000
_TOPICS: tuple[Callable[[Deps, Question], Awaitable[Spoken | str | None]], ...] = (
    session.stopped_thinking,
    greeting.greeted,
    greeting.consented,
    commands.commanded,
    hint.hinted,
    question.answered,
)
"""Asked in this order; the first that has something to say says it. The last takes all."""


def register(app: AsyncApp, deps: Deps) -> None:
    async def take(event: dict[str, Any], client: AsyncWebClient, team: str) -> None:
        if event.get("bot_id") or event.get("subtype"):
            return
        try:
            words = await _heard(deps, await _question(deps, event, team))
        except Exception:
            log.exception("%s could not be answered", event.get("ts"))
            words = _AWAY
        if words:
            said = spoken(words) if isinstance(words, str) else words
            thread = event.get("thread_ts") or event["ts"]
            await speak(client, event["channel"], thread, said.text, said.blocks)

    @app.event("app_mention")
    async def mentioned(
        event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient
    ) -> None:
        await take(event, client, str(body.get("team_id") or ""))

    @app.event("message")
    async def messaged(event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        """A direct message is a question; what people say among themselves is theirs."""
        if event.get("channel_type") == "im":
            await take(event, client, str(body.get("team_id") or ""))


async def _question(deps: Deps, event: dict[str, Any], team: str) -> Question:
    channel, ts = event["channel"], event["ts"]
    thread_ts = event.get("thread_ts") or ts
    incident = await deps.slots.incident_at(channel, thread_ts)
    return Question(
        id=ts,
        by=event["user"],
        channel=channel,
        thread_ts=thread_ts,
        text=re.sub(r"^\s*<@[A-Z0-9]+>", "", event.get("text") or "").strip()[:_LONGEST],
        incident=incident,
        talked_of=None if incident else await deps.talks.about(channel, thread_ts),
        direct=event.get("channel_type") == "im",
        team=team,
    )


async def _heard(deps: Deps, asked: Question) -> Spoken | str | None:
    """What to say at once; None where the projector gives the answer."""
    for topic in _TOPICS:
        words = await topic(deps, asked)
        if words is not None:
            return words
    return None
