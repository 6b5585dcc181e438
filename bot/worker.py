"""RQ entry points: ids in, nothing out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Literal

import redis

from bot import wiring
from bot.adapters import rq_queue, rq_workers
from bot.agent.asking import StoppedThinkingError
from bot.agent.budget import BudgetSpentError
from bot.agent.model import ModelAwayError, ModelRejectedError
from bot.crashes import arm_crashes
from bot.incidents.answers import Answers
from bot.incidents.question import Question
from bot.settings import Settings, SettingsError
from bot.wiring import Core, Prepared

log = logging.getLogger(__name__)
WorkerKind = Literal["wait", "act"]


def run(settings: Settings, kind: WorkerKind) -> None:
    """Work until told to stop. Raises SettingsError, StoreError, PolicyError, InventoryError."""
    prepared = wiring.prepare(settings)
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL is not set; `opsbot up` brings a Valkey of its own")
    arm_crashes(settings.crash_folder)
    connection = redis.Redis.from_url(settings.redis_url.get_secret_value())
    if kind == "act":
        _act(settings, prepared, connection)
    else:
        _wait(settings, prepared, connection)


def _act(settings: Settings, prepared: Prepared, connection: redis.Redis) -> None:
    async def job(key: str) -> None:
        async with wiring.core(settings, prepared) as core:
            await core.jobs.run(key)

    table = rq_queue.job_class({"run": job})
    worker = rq_workers.make(rq_workers.ActWorker, rq_queue.ACT, connection, table)
    worker.work(logging_level="WARNING")


def _wait(settings: Settings, prepared: Prepared, connection: redis.Redis) -> None:
    prepared.index.build()
    cores: list[Core] = []
    models = wiring.choose_models(settings)

    async def job(key: str) -> None:
        await cores[0].jobs.run(key)

    async def ask(question_id: str) -> None:
        await _answer(cores[0], question_id)

    table = rq_queue.job_class({"run": job, "ask": ask})
    worker = rq_workers.make(rq_workers.WaitWorker, rq_queue.WAIT, connection, table)
    loop = worker.loop
    stack = contextlib.AsyncExitStack()

    async def open_core() -> Core:
        core = await stack.enter_async_context(wiring.core(settings, prepared, models))
        sweeper = asyncio.create_task(wiring.sweeper(core).run())
        stack.callback(sweeper.cancel)
        return core

    cores.append(asyncio.run_coroutine_threadsafe(open_core(), loop).result())
    try:
        worker.work(logging_level="WARNING")
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(timeout=10)


async def _answer(core: Core, question_id: str) -> None:
    """Answer a question with the model; an empty answer says that it can't be had."""
    question = await core.questions.get(question_id)
    if question is None:
        return
    text = ""
    try:
        text = await _thought(core, question)
    except StoppedThinkingError:
        log.info("question %s was stopped", question_id)
    finally:
        await core.questions.answer(question_id, text)


async def _thought(core: Core, question: Question) -> str:
    """The model's words; of a service that no incident is about, else the runbooks'."""
    if core.asking:
        answers = Answers(core.ledger, wiring.now)
        try:
            return await core.asking.answer(question, await answers.given(question))
        except (ModelAwayError, ModelRejectedError, BudgetSpentError) as error:
            log.warning("question %s: %s", question.id, error)
    return await core.looking.look(question) if question.service else ""
