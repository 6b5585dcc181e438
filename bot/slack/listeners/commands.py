"""`/opsbot …`, its twins `@opsbot …`, and the buttons that say which incident was meant."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.domain.refusals import CommandRefusedError
from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.grammar import MisunderstoodError, parse, parse_chat
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.speak import speak
from bot.slack.listeners.verbs import Asked, perform
from bot.slack.listeners.whisper import whisper
from bot.slack.views.commands import Answer, help_answer
from bot.slack.views.text import SECTION_LIMIT, Block, fitted, heard, section

log = logging.getLogger(__name__)
COMMAND = "/opsbot"


def register(app: AsyncApp, deps: Deps) -> None:
    """Acknowledged at once; what takes longer is answered later, to that person alone."""

    @app.command(COMMAND)
    async def typed(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        asked = Asked(
            user=body["user_id"],
            channel=body["channel_id"],
            once=body["trigger_id"],
            trigger=body["trigger_id"],
        )
        answer = await answered(deps, asked, str(body.get("text") or ""))
        await _respond(deps, asked, respond, answer)

    @app.action(re.compile(rf"^{ids.PICK}:\d+$"))
    async def picked(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        channel, thread = place_of(body)
        asked = Asked(
            user=body["user"]["id"],
            channel=channel,
            thread_ts=thread,
            once=body["trigger_id"],
            trigger=body["trigger_id"],
        )
        answer = await answered(deps, asked, value_of(body))
        await _respond(deps, asked, respond, answer)


async def commanded(deps: Deps, question: Question) -> str | None:
    """None where that was no command to `@opsbot`; what there is to say of one is said here."""
    asked = Asked(
        user=question.by,
        channel=question.channel,
        thread_ts=question.thread_ts,
        incident=question.incident,
        once=f"{question.channel}:{question.id}",
        sentence=True,
    )
    try:
        command = parse_chat(question.text)
    except MisunderstoodError as error:
        answer: Answer | None = _misunderstood(str(error), question.text)
    else:
        if command is None:
            return None
        answer = await guarded(deps, asked, perform(deps, asked, command))
    if answer:
        if not answer.private and not await deps.teller.may_hear(question):
            # Whoever asks may be told, the others there may not.
            answer = answer.model_copy(update={"private": True})
        await _say(deps, asked, answer)
    return ""


async def answered(deps: Deps, asked: Asked, text: str) -> Answer | None:
    """What to say to a command as text; None where a window was opened."""
    try:
        command = parse(text)
    except MisunderstoodError as error:
        return _misunderstood(str(error), text)
    return await guarded(deps, asked, perform(deps, asked, command))


async def guarded(deps: Deps, asked: Asked, act: Awaitable[Answer | None]) -> Answer | None:
    """What came of it, or why nothing did."""
    try:
        return await act
    except CommandRefusedError as refused:
        return Answer(text=await told(refused, deps.directory), private=True)
    except Exception as error:
        log.exception("what %s wanted failed", asked.user)
        return Answer(text=failed(error), private=True)


def _misunderstood(what_to_type: str, typed: str) -> Answer:
    if what_to_type:
        words = f"{what_to_type[:1].upper()}{what_to_type[1:]}. Nothing was changed."
        return Answer(text=words, private=True)
    return help_answer(typed.split(maxsplit=1)[0])


async def _say(deps: Deps, asked: Asked, answer: Answer) -> None:
    """In the thread where it was said; some things to that person alone."""
    if answer.private:
        await say_alone(deps, asked, answer)
        return
    place = (deps.client, asked.channel, asked.thread_ts)
    await speak(*place, _notice(answer), _blocks(answer))


async def _respond(deps: Deps, asked: Asked, respond: AsyncRespond, answer: Answer | None) -> None:
    """Where it was typed, to that person alone; instead of the buttons that were pressed."""
    if answer is None:
        return
    try:
        sent = await respond(
            text=_notice(answer),
            blocks=_blocks(answer),
            response_type="ephemeral",
            replace_original=True,
            unfurl_links=False,
            unfurl_media=False,
        )
        if sent.status_code == HTTPStatus.OK:
            return
        log.info("no answer to %s: %s %s", asked.user, sent.status_code, sent.body)
    except (ClientError, TimeoutError, ValueError) as error:
        log.info("no answer to %s: %s", asked.user, error)
    await say_alone(deps, asked, answer)


async def say_alone(deps: Deps, asked: Asked, answer: Answer | None) -> None:
    """To that person alone; by direct message where nothing else can be delivered."""
    if answer:
        place = (deps.client, asked.channel, asked.user)
        await whisper(*place, _notice(answer), asked.thread_ts, _blocks(answer))


def _blocks(answer: Answer) -> list[Block]:
    return [section(fitted(answer.text.split("\n"), SECTION_LIMIT)), *answer.blocks]


def _notice(answer: Answer) -> str:
    return heard(answer.text)
