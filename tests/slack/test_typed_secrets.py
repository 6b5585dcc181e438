"""Whatever somebody types into Slack, a secret in it goes no further: not into Redis, not to a
model, and into no answer of ours."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.incidents.question import Question
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import Redactor
from bot.sandbox.slack import LocalSlack, Person
from bot.slack.app import make_client
from tests.fakes.poll import until
from tests.slack import desk as desks
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import WORK, diagnosed, opened, proposed

pytestmark = [pytest.mark.usefixtures("hurried"), pytest.mark.invariant(22)]
KNOWN = "hunter2-of-the-attic"
PATTERN = "AKIA" + "QWERTYUIOPASDFGH"
SECRETS = f"{KNOWN} {PATTERN}"
COMMANDS = (
    f"open etl says {SECRETS} sev2", f"sev INC-1 1 {SECRETS}", f"stop etl {SECRETS}",
    f"stop INC-1 {SECRETS}", f"resume etl {SECRETS}", f"resume INC-1 {SECRETS}",
    f"resolve INC-1 {SECRETS}", f"reopen INC-1 {SECRETS}", f"follow {KNOWN}", f"unfollow {KNOWN}",
    f"quiet {KNOWN}", f"{KNOWN} x", f"stop {SECRETS}", f"commander INC-1 {SECRETS}",
)  # fmt: skip
QUESTIONS = (
    f"why is etl failing {SECRETS}", f"try the runbook {SECRETS}", f"are the lamps ok {SECRETS}?",
)  # fmt: skip


def found(text: str) -> list[str]:
    return [secret for secret in (KNOWN, PATTERN) if secret in text]


async def kept(redis: Redis) -> str:
    """All that stands in Redis."""
    told = []
    reads: Any = redis
    for key in await reads.keys("*"):
        value: Any
        match await reads.type(key):
            case "string":
                value = await reads.get(key)
            case "hash":
                value = await reads.hgetall(key)
            case "list":
                value = await reads.lrange(key, 0, -1)
            case "set":
                value = await reads.smembers(key)
            case "zset":
                value = await reads.zrange(key, 0, -1)
            case _:
                value = await reads.xrange(key)
        told.append(f"{key} {value}")
    return "\n".join(told)


@pytest.mark.parametrize("model", [False, True], ids=["no model", "a model"])
async def test_a_secret_that_is_typed_goes_no_further(
    slack: LocalSlack, redis: Redis, model: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    redactor = Redactor([KNOWN])
    clean = EventCleaner(redactor)
    monkeypatch.setattr(desks, "make_client", lambda token, url: make_client(token, url, redactor))
    for store in (RedisLedger, RedisControls):
        monkeypatch.setattr(desks, store.__name__, partial(store, clean=clean))
    desk = Desk(slack, redis, model=model)
    desk.questions._clean = redactor.clean
    heard: list[str] = []

    async def think(question: Question) -> str:
        heard.append(question.text)
        return redactor.clean(f"You ask {question.text}")

    desk.bench.think = think
    try:
        await desk.happens(opened())
        await desk.ledger.note("INC-1", *WORK)
        await desk.happens(diagnosed(), proposed())
        await redis.set("opsbot:counter", 1)
        await desk.connect()
        await desk.settled()
        root = (await desk.slots.all("INC-1"))["card"].ts
        async with Person(slack.page_url, "maya") as maya:
            direct = await maya.open_messages()
            for text in COMMANDS:
                await maya.slash("/opsbot", text, channel=CHANNEL)
                await maya.say(CHANNEL, f"@opsbot {text}", thread_ts=root)
            for text in QUESTIONS:
                await maya.say(CHANNEL, f"@opsbot {text}", thread_ts=root)
                await maya.say(CHANNEL, f"@opsbot {text}")
                await maya.say(direct, text)
            await maya.open_home()

            async def answered() -> bool:
                said = [m for m in await maya.messages(direct) if m.bot_id]
                return len(said) >= len(QUESTIONS) and not await desk.questions.pending()

            await until(answered, 30)
            await desk.settled(60)
    finally:
        await desk.close()
    leaked = [(c.method, json.dumps(c.body)) for c in slack.calls if found(json.dumps(c.body))]
    assert leaked == []
    assert found(await kept(redis)) == []
    assert found(" ".join(heard)) == []
    assert heard or not model
