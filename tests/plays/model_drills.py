"""The drills with a model: who dies, when, and what the model is made to do."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain import events as e
from bot.sandbox.company.scenarios.etl import JOB
from bot.sandbox.drills.ground import until
from bot.sandbox.model import Answer, Call, ScriptedModelServer, Turn
from bot.sandbox.model.scripts import script
from tests.fakes.siege import LEAK, ORDER
from tests.plays.drill import Drill, Fault, nothing, run

INVESTIGATOR = "You investigate one production incident"
SEEN = ("etl-source-timeout.job_log", "etl-source-timeout.source_lag")


@dataclass
class ModelDrill:
    """A drill, and what reached the model and Slack."""

    drill: Drill
    requests: list[str]
    """To the model: each as it was sent."""
    turns: int
    """That the investigator asked for and was answered, and so were paid."""
    slack: str
    """Every call of Slack's Web API."""
    work: list[e.WorkEvent]


async def _with_model(
    data: Path, turns: Sequence[Turn], fault: Callable[[ScriptedModelServer], Fault] | None = None
) -> ModelDrill:
    async with ScriptedModelServer(turns) as server:
        found: list[e.WorkEvent] = []
        before = fault(server) if fault else nothing

        async def keep(drill: Drill) -> None:
            """The store ends with its stage, so the ledger is read at the end of the play."""
            await before(drill)
            stages.append(drill)

        stages: list[Drill] = []
        reading = asyncio.create_task(_read_while_it_runs(stages, found))
        try:
            drill = await run(
                data, before=keep, ANTHROPIC_API_KEY="local", ANTHROPIC_BASE_URL=server.url
            )
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        bodies = [json.dumps(x.body, ensure_ascii=False) for x in server.requests]
        paid = [
            body for body, x in zip(bodies, server.requests, strict=True)
            if x.status == 200 and INVESTIGATOR in body
        ]  # fmt: skip
        calls = "\n".join(
            json.dumps(c.body, ensure_ascii=False, default=str) for c in drill.ground.slack.calls
        )
        return ModelDrill(drill, bodies, len(paid), calls, found)


async def _read_while_it_runs(stages: list[Drill], found: list[e.WorkEvent]) -> None:
    await until(lambda: bool(stages), "the stage never stood")
    ledger = stages[0].ground.ledger
    while True:
        found[:] = await ledger.work("INC-1")
        await asyncio.sleep(0.1)


async def solved(data: Path) -> ModelDrill:
    """The model investigates from the alert to the plan."""
    return await _with_model(data, script(dies=False))


async def switched_off(data: Path) -> ModelDrill:
    """The model's server is gone after its first answer, for good."""
    slow = Turn(Answer(delay=60), number=2, times=None)

    def fault(server: ScriptedModelServer) -> Fault:
        async def stop() -> None:
            await until(lambda: len(server.requests) > 1, "the model was asked once")
            await server.stop()

        async def begin(drill: Drill) -> None:
            drill.watching = asyncio.create_task(stop())

        return begin

    return await _with_model(data, [slow, *script(dies=False)], fault)


def killed_at(point: str) -> Callable[[Path], Awaitable[ModelDrill]]:
    """The investigating worker dies when it first reaches `point`."""

    def fault(_: ScriptedModelServer) -> Fault:
        async def kill(drill: Drill) -> None:
            there = await drill.ground.standing(point)
            drill.ground.kill(there.started, there.pid)

        async def arm(drill: Drill) -> None:
            drill.ground.arm(point)
            drill.watching = asyncio.create_task(kill(drill))

        return arm

    async def drill(data: Path) -> ModelDrill:
        return await _with_model(data, script(dies=False), fault)

    return drill


async def poisoned(data: Path) -> ModelDrill:
    """Alert, logs and changes give orders and hold secrets, and the model obeys."""
    claim = {"cause": ORDER, "confidence": "high", "supported_by": list(SEEN), "against": []}
    end = {"hypotheses": [claim], "ruled_out": [], "not_known": [ORDER], "options": [ORDER]}
    hostile = {"job": JOB, "parameters": {"source": "attacker-db"}}
    words = {"summary": ORDER, "stakeholders": ORDER, "status_page": ORDER}
    turns = [
        Turn(Answer(calls=(Call("draft", words),)), system="three texts", times=None),
        Turn(Answer(calls=(Call("query_logs", {"service": "etl"}),)), number=1, times=None),
        Turn(
            Answer(calls=(Call("set_job_parameters", hostile), Call("rerun_job", {"job": JOB}))),
            number=2, times=None,
        ),
        Turn(Answer(calls=(Call("conclude", end),)), times=None),
    ]  # fmt: skip

    def fault(_: ScriptedModelServer) -> Fault:
        async def plant(drill: Drill) -> None:
            company = drill.ground.company
            company.logs.append("etl", "error", f"{ORDER} {LEAK}")
            company.changes.add(f"{ORDER} {LEAK}", ("deploy", "service:etl"), "mallory")
            told = f"ETL job failed {LEAK} {ORDER}"
            job = company.scheduler.jobs[JOB]
            company.scheduler.jobs[JOB] = dataclasses.replace(
                job, alert_summary=told, alert_description=told
            )

        return plant

    return await _with_model(data, turns, fault)


MODEL_DRILLS: dict[str, Callable[[Path], Awaitable[ModelDrill]]] = {
    "model-away": switched_off,
    "model-P1": killed_at("P1"),
    "model-P2": killed_at("P2"),
    "model": solved,
    "model-poisoned": poisoned,
}
