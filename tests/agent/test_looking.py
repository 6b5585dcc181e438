"""A look outside any incident reads and proposes nothing; a model's thinking can be stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_spending import RedisSpending
from bot.agent.asking import Asking, StoppedThinkingError
from bot.agent.budget import Budget
from bot.agent.looking import Looking
from bot.agent.model_agent import Means
from bot.agent.runbook_agent import RunbookAgent
from bot.agent.survey import Surveyor
from bot.incidents.question import Question
from bot.incidents.readings import Readings
from bot.knowledge.folder import load_folder
from bot.redaction.redactor import Redactor
from bot.sandbox.model import Call
from tests.fakes.bureau import INVENTORY, Bureau, write_runbooks
from tests.fakes.gauges import Gauges, Measure
from tests.fakes.models import Provider, WalkingClock, calls, oracle
from tests.fakes.tools import Look, PaintLamp, World
from tools.kit.catalog import Catalog


def question(text: str, service: str = "") -> Question:
    return Question(id="1.5", by="U1", channel="C1", thread_ts="1.5", text=text, service=service)


async def test_the_runbooks_look_and_nothing_is_proposed_or_done(
    redis: Redis, tmp_path: Path
) -> None:
    house = Bureau(redis, write_runbooks(tmp_path))
    runbooks, _ = load_folder(tmp_path, "1.0")
    world = World()
    catalog = Catalog([Look(world), PaintLamp(world)])
    readings = Readings(catalog, house.clock, Redactor().clean_all)
    surveyor = Surveyor(house.ledger, readings, catalog, runbooks, INVENTORY, house.clock)
    looking = Looking(RunbookAgent(surveyor, INVENTORY), INVENTORY, house.clock)
    words = await looking.look(question("is the red lamp ok?", "lamps"))
    assert words == "someone painted hall red (high confidence)."
    assert world.effects == []
    assert await house.ledger.open_incidents() == []
    seen = [w.type for w in await house.ledger.work("ASK-1.5")]
    assert set(seen) == {"check.started", "evidence.recorded"}
    nothing = await looking.look(question("are the bells ok?", "bells"))
    assert nothing.startswith("No trouble that a runbook knows shows in")
    assert "Not reached: " in nothing


async def test_a_stop_ends_the_model_between_two_turns(redis: Redis, provider: Provider) -> None:
    asked_for: list[str] = []

    async def stopped(question_id: str) -> str | None:
        asked_for.append(question_id)
        return "U1" if len(asked_for) > 1 else None

    measure = calls(Call("measure", {"gauge": "a", "minutes": 5}))
    async with oracle(provider, *[measure] * 5) as asked:
        clock, spending = WalkingClock(), RedisSpending(redis)
        catalog = Catalog([Measure(Gauges())])
        readings = Readings(catalog, clock, Redactor().clean_all)
        ledger = RedisLedger(redis, sync_each_commit=False)
        means = Means(
            asked.model, ledger, catalog, Redactor(), Budget(), spending, INVENTORY, clock
        )
        with pytest.raises(StoppedThinkingError):
            await Asking(means, readings, stopped).answer(question("why?"), None)
        assert asked.asked == 1
