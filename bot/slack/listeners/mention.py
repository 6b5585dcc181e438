"""`@opsbot why is etl failing` and `@opsbot stop`, in an incident's thread and outside it."""

from __future__ import annotations

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.incidents.question import Question
from bot.slack.listeners import commands
from bot.slack.listeners.deps import Deps
from bot.slack.views.answer import answer_text, whom_it_names
from bot.slack.views.text import safe, said, section

log = logging.getLogger(__name__)
_AWAY = "I can't look that up right now: what I keep my notes in doesn't answer. Ask again soon."


def register(app: AsyncApp, deps: Deps) -> None:
    async def take(event: dict[str, Any], say: Any) -> None:
        if event.get("bot_id") or event.get("subtype"):
            return
        try:
            question = await heard(event)
            text = None if await commands.commanded(deps, question) else await answer(question)
        except Exception:
            log.exception("%s could not be answered", event.get("ts"))
            text = _AWAY
        if text:
            thread_ts = event.get("thread_ts") or event["ts"]
            blocks = [section(text)]
            await say(text=text, blocks=blocks, thread_ts=thread_ts, unfurl_links=False)

    async def heard(event: dict[str, Any]) -> Question:
        channel, ts = event["channel"], event["ts"]
        thread_ts = event.get("thread_ts") or ts
        asked = re.sub(r"^\s*<@[A-Z0-9]+>", "", event.get("text") or "").strip()
        return Question(
            id=ts,
            by=event["user"],
            channel=channel,
            thread_ts=thread_ts,
            text=asked[:2000],
            incident=await deps.slots.incident_at(channel, thread_ts),
        )

    async def answer(question: Question) -> str | None:
        """What to say at once; None where the projector gives the answer."""
        found = await deps.answers.matches(question)
        if deps.ask and len(found) < 2:
            about = question.model_copy(update={"incident": found[0].id if found else None})
            thought = await deps.ask(about)
            if thought and found:
                await deps.answers.give(question, found[0].id, safe(thought))
                return None
            if thought:
                return safe(thought)
        if len(found) == 1:
            people = await deps.directory.people(whom_it_names(found[0]))
            text = answer_text(found[0], people)
            await deps.answers.give(question, found[0].id, text)
            return None
        return _several(found)

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any], say: Any) -> None:
        await take(event, say)

    @app.event("message")
    async def messaged(event: dict[str, Any], say: Any) -> None:
        """A direct message is a question; what people say among themselves is theirs."""
        if event.get("channel_type") == "im":
            await take(event, say)


def _several(found: list[Any]) -> str:
    if not found:
        return (
            "No incident matches that. Ask with a service, a job or an incident's id,"
            " such as `INC-12`."
        )
    names = "\n".join(f"• {incident.id}: {said(incident.title, 120)}" for incident in found[:5])
    return f"Which one? Ask again with its id.\n{names}"
