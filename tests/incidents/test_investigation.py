"""From an incident to a diagnosis and a judged plan, by one agent or by several."""

from __future__ import annotations

from bot.domain.plan_state import PlanStatus
from bot.domain.values import Diagnosis, Thread
from tests.fakes.house import House, draft
from tests.fakes.story import WORDS, alert, guard

THREADS = tuple(
    Thread(id=part, title=part, question="Why?", services=(part,)) for part in ("lamps", "bells")
)


async def test_a_plan_is_put_before_the_gate_with_its_dry_run_and_its_guards(house: House) -> None:
    fix = await house.asked()
    assert fix.status is PlanStatus.AWAITING
    assert fix.plan.steps[0].dry_run.summary == "Paint hall: red → green"
    assert fix.plan.guards[0].shown == "1 g (limit 10)"


async def test_a_plan_whose_guard_does_not_hold_is_not_made(house: House) -> None:
    house.world.dust = 50
    await house.receive(alert())
    await house.work()
    await house.later(11)
    incident = await house.incident()
    assert incident.diagnosis is not None
    assert incident.fixes == ()
    assert incident.diagnosis.not_known == ("the fix is not possible: dust: 50 g (limit 10)",)
    assert incident.calls


async def test_what_is_in_no_runbook_is_a_persons(house: House) -> None:
    house.brain.plan = draft(runbook=None)
    fix = await house.asked()
    assert fix.status is PlanStatus.BLOCKED
    assert "in no runbook" in (await house.incident()).calls[-1].reason


async def test_a_target_outside_the_inventory_is_a_persons(house: House) -> None:
    house.world.lamps["moon"] = "red"
    house.brain.plan = draft("moon")
    fix = await house.asked()
    assert fix.status is PlanStatus.BLOCKED
    assert "the inventory doesn't know 'moon'" in (await house.incident()).calls[-1].reason


async def test_without_a_plan_a_person_is_called_after_a_moments_grace(house: House) -> None:
    house.brain.plan = None
    house.brain.diagnosis = Diagnosis(by="sweep")
    await house.receive(alert())
    await house.work()
    assert (await house.incident()).calls == ()
    await house.later(11)
    [call] = (await house.incident()).calls
    assert (call.to, call.reason) == (("@oncall",), "the cause is not known")
    await house.later(60)
    assert len((await house.incident()).calls) == 1


async def test_a_wide_incident_is_looked_into_in_parts_and_combined(house: House) -> None:
    house.brain.threads = THREADS
    fix = await house.asked()
    assert fix.status is PlanStatus.AWAITING
    incident = await house.incident()
    assert all(state.finished for state in incident.threads.values())
    assert incident.words == WORDS


async def test_an_agent_that_fails_leaves_a_gap_and_holds_up_nobody(house: House) -> None:
    house.brain.threads = THREADS
    house.brain.lost = {"bells"}
    await house.asked()
    lost = (await house.incident()).threads["bells"].finished
    assert lost is not None
    assert (lost.failed, lost.summary) == (True, "could not look: RuntimeError")


async def test_a_plan_over_a_value_nobody_could_capture_is_not_made(house: House) -> None:
    house.brain.plan = draft(guards=(guard(captures={"grams": "weight"}),))
    await house.receive(alert())
    await house.work()
    assert (await house.incident()).fixes == ()
