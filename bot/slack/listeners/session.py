"""Thinking, from a person's side: Slack's stop button, `stop`, and an incident out of a look."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import events as e
from bot.domain.hints import fix_under_way
from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, attempt, place_of, value_of
from bot.slack.listeners.speak import speak
from bot.slack.listeners.whisper import whisper
from bot.slack.views.spoken import spoken
from bot.slack.views.thinking import OpenRef, opened_words

_STOP = re.compile(r"(please )?(stop|cancel|never ?mind|forget it|abort)[\s.!]*", re.IGNORECASE)
_GONE = "What was found is no longer kept. Open one with your own words, or ask again."


def register(app: AsyncApp, deps: Deps) -> None:
    @app.event("agent_session_stopped")
    async def stopped(event: dict[str, Any]) -> None:
        """It ends the thinking alone: what acts is stopped by `@opsbot stop`, or halted."""
        channel = event.get("channel") or event.get("channel_id") or ""
        user = event.get("user") or event.get("user_id") or ""
        if await deps.thinking.stop(str(channel), str(event.get("thread_ts") or ""), str(user)):
            deps.wake()

    @app.action(ids.OPEN_FROM)
    async def open_from(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user, (channel, thread) = body["user"]["id"], place_of(body)
        ref = OpenRef.unpack(value_of(body))
        if ref is None:
            await whisper(client, channel, user, NOT_OURS, thread)
            return
        work = _opened(deps, ref.question, user, channel)
        what = f"opening one from {ref.question}"
        words = await attempt(deps, client, (channel, thread), user, work, what)
        if words:
            said = spoken(words)
            await speak(client, channel, thread, said.text, said.blocks)


async def stopped_thinking(deps: Deps, asked: Question) -> str | None:
    """Ends what is being thought there; goes on as a command where a fix could act as well."""
    if not _STOP.fullmatch(asked.text):
        return None
    ended = await deps.thinking.stop(asked.channel, asked.thread_ts, asked.by)
    acting = asked.incident and fix_under_way(await deps.answers.load(asked.incident))
    return "" if ended and not acting else None


async def _opened(deps: Deps, question_id: str, user: str, channel: str) -> str:
    """Opens it once, with what was seen; pressed again it says so. Only where it was asked: others
    were not shown the question."""
    stream = f"ASK-{question_id}"
    work = await deps.answers.work(stream)
    asked = next((w for w in work if isinstance(w, e.QuestionAnswered)), None)
    if asked is None or asked.channel != channel:
        return _GONE
    opened = await deps.opening.by_hand(
        asked.question,
        "sev3",
        user,
        fingerprint=f"ask-{question_id}",
        service=deps.thinking.concerns(asked.question) or "",
    )
    incident = opened.incident.id
    if opened.fresh:
        await deps.answers.carry(stream, incident)
    await deps.talks.note(asked.channel, asked.thread_ts, incident)
    return opened_words(incident, await deps.directory.name(user), fresh=opened.fresh)
