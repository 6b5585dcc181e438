"""`opsbot ask "why is etl failing"`: answers in the terminal as a mention does in Slack."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from redis.asyncio import Redis

from bot import settings
from bot.adapters.redis_questions import RedisQuestions
from bot.adapters.rq_queue import connect_queue
from bot.adapters.store import connect
from bot.cli.refusals import start_up
from bot.cli.say import fail, out
from bot.incidents.question import Question
from bot.sandbox.running import find_running
from bot.settings import Settings, SettingsError

_PATIENCE = 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", help="in a few words; an id such as INC-1 names an incident")


def run(options: argparse.Namespace) -> int:
    question = Question(
        id=secrets.token_hex(6), by="terminal", channel="", thread_ts="", text=options.question
    )
    try:
        return asyncio.run(_ask(settings.read(), question))
    except start_up() as error:
        return fail(error)


async def _ask(given: Settings, question: Question) -> int:
    running = None if given.redis_url else find_running(given.data)
    if given.redis_url:
        url = given.redis_url.get_secret_value()
    elif running:
        url = running.redis_url
    else:
        return await _alone(given, question)
    redis = await connect(url)
    try:
        if given.chosen_model:
            text = await _thought(redis, url, question)
            if text:
                out(text)
                return 0
        return await _by_ledger(redis, question)
    finally:
        await redis.aclose()


async def _thought(redis: Redis, url: str, question: Question) -> str | None:
    """The answer of a worker that has the model."""
    queue = connect_queue(url)
    try:
        return await RedisQuestions(redis, queue).ask(question, _PATIENCE)
    finally:
        queue.close()


async def _by_ledger(redis: Redis, question: Question) -> int:
    """What the ledger holds of the incidents that the question fits."""
    from bot.adapters.redis_ledger import RedisLedger
    from bot.incidents.answers import Answers
    from bot.incidents.intent import intent_of
    from bot.slack.plain import plain
    from bot.slack.scene import Scene
    from bot.slack.views.answers.reply import reply
    from bot.slack.views.answers.told import Told
    from bot.slack.views.text import People

    ledger = RedisLedger(redis, sync_each_commit=False)
    found = await Answers(ledger, _now).matches(question)
    if not found:
        return fail("no incident matches that; ask with a service, a job or an incident's id")
    for incident in found[:5]:
        work = tuple(await ledger.work(incident.id))
        told = Told(scene=Scene(incident=incident, work=work, people=People()), now=_now())
        out(plain({"text": reply(intent_of(question.text), told)}))
    return 0


async def _alone(given: Settings, question: Question) -> int:
    """With nothing running: a model, the configured tools, and a Valkey for as long as it takes."""
    if given.chosen_model is None:
        raise SettingsError(
            f"no opsbot runs in {str(given.data)!r} and no model is set: start `opsbot up`,"
            " or set ANTHROPIC_API_KEY"
        )
    from bot import wiring
    from bot.agent.budget import BudgetSpentError
    from bot.agent.model import ModelAwayError, ModelRejectedError
    from bot.sandbox.valkey import EmbeddedValkey

    with tempfile.TemporaryDirectory(prefix="opsbot-ask-") as data:
        valkey = EmbeddedValkey(Path(data))
        await valkey.start()
        try:
            brought = {"redis_url": SecretStr(valkey.url), "data": Path(data)}
            alone = given.model_copy(update=brought)
            models = wiring.choose_models(alone)
            async with wiring.core(alone, wiring.prepare(alone), models) as core:
                if core.asking is None:
                    raise SettingsError("no model is set")
                out(await core.asking.answer(question, None))
        except (ModelAwayError, ModelRejectedError, BudgetSpentError) as error:
            return fail(error)
        finally:
            await valkey.stop()
    return 0


def _now() -> datetime:
    return datetime.now(UTC)
