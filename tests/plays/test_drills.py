"""Killed with -9 anywhere: each effect reaches the company once, and the incident ends.

Here is one drill for each promise; `opsbot drill` plays all of them.
"""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import events as e
from bot.sandbox.drills.drill import Outcome
from bot.sandbox.drills.evidence import Evidence

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
Outcomes = dict[str, asyncio.Task[Outcome]]

SWITCH = "variable.set daily_revenue_aggregation.source: replica-2 → replica-1"
BACK = "variable.set daily_revenue_aggregation.source: replica-1 → replica-2"
RERUN = "run.started daily_revenue_aggregation/opsbot-INC-1-P1-2-"


def drill(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", names)


def evidence(outcome: Outcome) -> Evidence:
    """What it left, once its own verdict is that everything held."""
    assert outcome.wrong == ()
    assert outcome.evidence is not None
    return outcome.evidence


def assert_mended(outcome: Outcome) -> None:
    """Held, and the fix ran to its end with each of its two effects once."""
    seen = evidence(outcome)
    switch, rerun = outcome.effects
    assert switch == SWITCH
    assert rerun.startswith(RERUN)
    assert outcome.end == "resolved"
    assert [incident.id for incident in seen.incidents] == ["INC-1"]


def events(outcome: Outcome) -> list[e.IncidentEvent]:
    return list(evidence(outcome).decisions["INC-1"])


@pytest.mark.invariant(1)
@drill("W1:valkey", "W2")
async def test_an_alert_is_acknowledged_once_it_is_durable_and_sent_again_opens_nothing(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(2)
@drill("storm")
async def test_what_was_acknowledged_in_a_storm_outlives_the_store_that_was_killed_in_it(
    name: str, outcomes: Outcomes
) -> None:
    [incident] = evidence(await outcomes[name]).incidents
    assert len(incident.alerts) == 150


@pytest.mark.invariant(2)
@drill("P2", "M1")
async def test_an_incident_goes_on_after_the_worker_that_had_it_was_killed(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(4)
@drill("S2")
async def test_killed_behind_its_post_it_opens_no_second_thread(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@drill("T3", "slack:429")
async def test_what_slack_is_told_stands_there_once_whichever_replica_is_killed(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(7)
@pytest.mark.invariant(9)
@drill("A1", "A2", "Q1", "Q2", "E1", "E2", "E4")
async def test_an_approved_step_runs_once_wherever_its_process_is_killed(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(7)
@drill("E3:forgotten")
async def test_a_step_that_is_enqueued_again_to_two_workers_runs_once(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(8)
@drill("E3", "E3:valkey")
async def test_an_effect_whose_result_was_not_saved_is_read_back_and_not_sent_again(
    name: str, outcomes: Outcomes
) -> None:
    outcome = await outcomes[name]
    assert_mended(outcome)
    starts = [x for x in events(outcome) if isinstance(x, e.ActionStarted) and x.plan_id == "P1"]
    ends = [x for x in events(outcome) if isinstance(x, e.ActionFinished) and x.plan_id == "P1"]
    assert ends[0].at >= starts[0].deadline


@pytest.mark.invariant(8)
@drill("E3:unknown")
async def test_an_effect_that_can_not_be_read_back_is_a_persons(
    name: str, outcomes: Outcomes
) -> None:
    outcome = await outcomes[name]
    assert evidence(outcome).incidents[0].calls
    assert outcome.effects == (SWITCH,)


@pytest.mark.invariant(16)
@drill("E2:fenced")
async def test_a_worker_that_was_stopped_past_its_lease_does_nothing_when_it_goes_on(
    name: str, outcomes: Outcomes
) -> None:
    assert_mended(await outcomes[name])


@pytest.mark.invariant(20)
@drill("R1")
async def test_a_rollback_whose_result_was_not_saved_is_read_back_and_not_sent_again(
    name: str, outcomes: Outcomes
) -> None:
    outcome = await outcomes[name]
    assert evidence(outcome).incidents[0].calls
    assert [effect for effect in outcome.effects if effect.startswith("variable.set")] == [
        SWITCH,
        BACK,
    ]


@pytest.mark.invariant(23)
@drill("E4:stop")
async def test_a_stop_in_the_middle_of_a_plan_lets_no_further_step_start(
    name: str, outcomes: Outcomes
) -> None:
    outcome = await outcomes[name]
    assert evidence(outcome).incidents[0].calls
    assert not [effect for effect in outcome.effects if effect.startswith("run.started")]


@pytest.mark.invariant(24)
@drill("S2:gone", "E3:gone")
async def test_killed_for_good_it_has_told_the_sender_nothing_that_would_silence_it(
    name: str, outcomes: Outcomes
) -> None:
    assert not evidence(await outcomes[name]).incidents[0].resolved_at
