"""A question: answered for the one incident it is about, or asked back which."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.incident import Incident
from bot.incidents.intent import intent_of
from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, place_of, value_of
from bot.slack.listeners.refusal import failed
from bot.slack.listeners.whisper import whisper
from bot.slack.views.answers.reply import NO_MODEL, OF_RECORD
from bot.slack.views.spoken import Spoken, spoken
from bot.slack.views.thinking import BUSY, SPENT
from bot.slack.views.which import Choice, nothing_found, which


def register(app: AsyncApp, deps: Deps) -> None:
    """The buttons that say which incident was meant."""

    @app.action(re.compile(rf"^{ids.WHICH}:\d+$"))
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user, (channel, thread) = body["user"]["id"], place_of(body)
        choice = Choice.unpack(value_of(body))
        if choice is None:
            await whisper(client, channel, user, NOT_OURS, thread)
            return
        message = str((body.get("container") or {}).get("message_ts") or "")
        question = Question(
            id=f"{message}:{choice.incident}",
            by=user,
            channel=channel,
            thread_ts=thread or message,
            text=choice.question,
            incident=choice.incident,
            direct=channel.startswith("D"),
            team=str((body.get("team") or {}).get("id") or ""),
        )
        try:
            words = await answered(deps, question)
        except Exception as error:
            await whisper(client, channel, user, failed(error), thread)
            raise
        if words:
            said = spoken(words) if isinstance(words, str) else words
            await whisper(client, channel, user, said.text, thread, said.blocks)


async def answered(deps: Deps, question: Question) -> Spoken | str | None:
    """What to say at once; None where the projector gives the answer."""
    matching = [i for i in await deps.answers.matches(question) if i.exists]
    found = [i for i in matching if await deps.teller.may_tell(question, i)]
    if len(found) > 1:
        return which(found, question.text)
    if not found:
        # What may not be told here is not looked into anew either.
        return nothing_found() if matching else await _outside(deps, question)
    await about(deps, question, found[0])
    return None


async def _outside(deps: Deps, question: Question) -> str | None:
    """A service that no incident is about is looked into; anything else only by a model.

    Only where it could be told of the incidents' channel as well: what is like it there is found.
    """
    service = deps.thinking.concerns(question.text)
    if service is None and not deps.thinking.model:
        return nothing_found()
    seen = await deps.directory.may_see(question.by, deps.channel)
    if not seen or not await deps.teller.may_hear(question):
        return nothing_found()
    look = question.model_copy(update={"service": service or "", "talked_of": None})
    match await deps.thinking.begin(look):
        case "begun":
            deps.wake()
            return None
        case "busy":
            return BUSY
        case _:
            return SPENT


async def about(deps: Deps, question: Question, incident: Incident, lead: str = "") -> None:
    """Answer it in its thread. `lead`: who asked what, where nobody has read the question."""
    intent = intent_of(question.text)
    await deps.talks.note(question.channel, question.thread_ts, incident.id)
    if deps.thinking.model and intent not in OF_RECORD:
        settled = question.model_copy(update={"incident": incident.id})
        if await deps.thinking.begin(settled) == "begun":
            if lead:
                heard = question.model_copy(update={"id": f"{question.id}:asked"})
                await deps.answers.give(heard, incident.id, lead)
            deps.wake()
            return
        # Busy or asked too much: the ledger's answer is there at once.
    text = await deps.teller.answer(incident, intent)
    if not deps.thinking.model and await deps.talks.first(
        question.channel, question.thread_ts, "no model"
    ):
        text = f"{text}\n{NO_MODEL}"
    await deps.answers.give(question, incident.id, f"{lead}\n{text}" if lead else text)
