"""The model goes away at any moment, and the runbooks take over in the same incident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.agent.budget import Budget
from bot.domain import events as e
from bot.domain.plan_state import PlanStatus
from bot.redaction.redactor import RedactionFailedError
from bot.sandbox.model import Answer, Call, Turn
from tests.fakes.bureau import Bureau, bell_alert, lamp_alert, power_alert, write_runbooks
from tests.fakes.models import calls, concluding, oracle
from tests.fakes.mortality import dies_at, killed

pytestmark = pytest.mark.timeout(40)

MEASURE = Call("measure", {"gauge": "a", "minutes": 5})
PAINT = Call("paint", {"lamp": "hall", "colour": "green"})
SEEN = ("red-lamp.colour", "red-lamp.clean")
LOST = Answer(status=401, error="invalid x-api-key")
Open = Callable[..., Bureau]


@pytest.fixture
def bureau(redis: Redis, tmp_path: Path) -> Open:
    folder = write_runbooks(tmp_path)
    return lambda *given, **more: Bureau(redis, folder, *given, **more)


async def asked_by_the_runbook(bureau: Bureau) -> None:
    """The runbook's diagnosis stands, and its plan waits for people."""
    incident = await bureau.incident()
    assert incident.diagnosis is not None
    assert incident.diagnosis.by == "runbook"
    assert incident.fix is not None
    assert incident.fix.status is PlanStatus.AWAITING
    assert incident.fix.plan.requester == "runbook"
    assert "INC-2" not in await bureau.ledger.recent_incidents(10)


async def test_the_model_concludes_from_the_runbooks_evidence_and_its_own(bureau: Open) -> None:
    script = (calls(MEASURE, PAINT), concluding("someone painted it", *SEEN, "t1.1"))
    async with oracle("claude", *script) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        await house.work()
        incident = await house.incident()
        assert incident.diagnosis is not None
        assert (incident.diagnosis.by, incident.diagnosis.cause) == ("model", "someone painted it")
        assert incident.fix is not None
        assert incident.fix.status is PlanStatus.AWAITING
        assert incident.fix.plan.steps[0].cites == "red-lamp#1"
        assert incident.fix.plan.requester == "model"
        assert await house.changes_of_brain() == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (LOST, "refused the key"),
        (Answer(status=529, error="Overloaded", retry_after=600), "overloaded"),
        (Answer(status=429, error="slow down", retry_after=600), "limiting our rate"),
        (Answer(status=400, error="Your credit balance is too low"), "credit"),
        (Answer(status=400, error="tools.0: nonsense"), "calls the request wrong"),
        (Answer(status=404, error="model: nope"), "doesn't know the model"),
        (Answer("No.", stop="refusal"), "declined to go on"),
        (Answer(stop="context_full", text="…"), "larger than the model can hold"),
    ],
    ids=["key", "529", "429", "credit", "400", "404", "refusal", "context"],
)
@pytest.mark.parametrize("turns", [0, 1], ids=["at the start", "in the middle"])
async def test_a_model_that_goes_away_leaves_the_incident_to_the_runbook(
    bureau: Open, answer: Answer, why: str, turns: int
) -> None:
    async with oracle("claude", *[calls(MEASURE)] * turns, answer) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        await house.work()
        await asked_by_the_runbook(house)
        [reason] = await house.changes_of_brain()
        assert why in reason
        assert "Traceback" not in reason


async def test_a_model_over_its_budget_leaves_the_incident_to_the_runbook(bureau: Open) -> None:
    async with oracle("claude", Turn(calls(MEASURE), times=None)) as asked:
        house = bureau(asked.model, budget=Budget(turns=2))
        await house.receive(lamp_alert())
        await house.work()
        await asked_by_the_runbook(house)
        assert await house.changes_of_brain() == ["2 turns are used up"]
        assert asked.asked == 2


async def test_what_was_seen_by_then_is_not_looked_at_again(bureau: Open) -> None:
    async with oracle("claude", calls(MEASURE), LOST) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        await house.work()
        assert sorted(await house.seen()) == ["red-lamp.clean", "red-lamp.colour", "t1.1"]


async def test_a_model_that_comes_back_restarts_nothing(
    bureau: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with oracle("claude", LOST, Turn(concluding(), times=None)) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        house.mortal.dies_after = lambda event: isinstance(event, e.BrainChanged)
        await killed(house.work())
        house.mortal.dies_after = lambda event: False
        await house.later(60)
        await asked_by_the_runbook(house)
        assert len(await house.changes_of_brain()) == 1
        assert len(asked.server.requests) == 1


async def test_without_a_runbook_a_person_is_called_with_what_was_gathered(bureau: Open) -> None:
    async with oracle("claude", LOST) as asked:
        house = bureau(asked.model)
        await house.receive(bell_alert())
        await house.work()
        await house.later(11)
        incident = await house.incident()
        assert incident.diagnosis is not None
        assert incident.diagnosis.cause is None
        assert [call.to for call in incident.calls] == [("@oncall",)]


async def test_a_model_that_cannot_be_cleaned_for_is_not_asked(bureau: Open) -> None:
    async with oracle("claude", concluding()) as asked:
        house = bureau(asked.model)

        clean = house.redactor.clean

        def fail(text: str) -> str:
            """At what is long, which only the words to the model are."""
            if len(text) > 300:
                raise RedactionFailedError("the text could not be cleaned of secrets")
            return clean(text)

        house.redactor.clean = fail  # type: ignore[method-assign]
        await house.receive(lamp_alert())
        await house.work()
        await asked_by_the_runbook(house)
        assert asked.server.requests == []


@pytest.mark.parametrize(("point", "paid"), [("P1", 3), ("P2", 2)])
async def test_killed_around_the_model_nothing_is_lost_and_nothing_saved_is_paid_twice(
    bureau: Open, monkeypatch: pytest.MonkeyPatch, point: str, paid: int
) -> None:
    looks, end = calls(MEASURE, PAINT), concluding("painted", *SEEN)
    dies_at(point, monkeypatch)
    async with oracle("claude", Turn(looks, number=1, times=None), Turn(end, times=None)) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        await killed(house.work())
        await house.later(60)
        incident = await house.incident()
        assert asked.asked == paid
        assert len(incident.fixes) == 1
        assert sorted(await house.seen()) == ["red-lamp.clean", "red-lamp.colour", "t1.1"]


async def test_an_alert_that_joins_meanwhile_makes_it_look_again(bureau: Open) -> None:
    """The first answer fits one service only, and by then there are two."""

    async def join(house: Bureau) -> None:
        await house.receive(power_alert())

    async with oracle("claude", Turn(concluding(), times=None)) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        _once(house, join)
        await house.work()
        incident = await house.incident()
        assert set(incident.threads) == {"lamps", "power"}
        assert incident.diagnosis is not None


async def test_an_alert_that_joins_does_not_stop_a_plan_that_is_ready(bureau: Open) -> None:
    async def join(house: Bureau) -> None:
        await house.receive(power_alert())

    script = (calls(PAINT), concluding("painted", *SEEN))
    async with oracle("claude", *script) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        _once(house, join)
        await house.work()
        incident = await house.incident()
        assert incident.threads == {}
        assert incident.fix is not None
        assert incident.fix.status is PlanStatus.AWAITING
        assert asked.asked == 2


async def test_another_service_in_the_same_incident_is_thought_about_anew(bureau: Open) -> None:
    """The lamp's alert clears, the power's stays: one service each time, and not the same one."""
    script = (
        calls(MEASURE), concluding(not_known=["who"]),
        calls(Call("measure", {"gauge": "b", "minutes": 5})), concluding(not_known=["why"]),
    )  # fmt: skip
    async with oracle("claude", *script) as asked:
        house = bureau(asked.model)
        await house.receive(lamp_alert())
        await house.work()
        await house.receive(power_alert(), lamp_alert(status="resolved"))
        await house.work()
        incident = await house.incident()
        assert incident.diagnosis is not None
        assert incident.diagnosis.not_known == ("why",)
        assert house.gauges.read == ["a", "b"]
        assert len(set(await house.seen())) == len(await house.seen())


def _once(house: Bureau, what: Callable[[Bureau], object]) -> None:
    """Let it happen while the model's first turn is being saved."""
    plain, done = house.mortal.note, False

    async def note(incident_id: str, *events: e.WorkEvent) -> None:
        nonlocal done
        await plain(incident_id, *events)
        if not done and any(isinstance(event, e.TurnTaken) for event in events):
            done = True
            await what(house)  # type: ignore[misc]

    house.mortal.note = note  # type: ignore[method-assign]
