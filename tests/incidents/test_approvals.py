"""Who may answer, what the answer is bound to, and that there is one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.ports import RotaUnreadableError
from bot.domain.refusals import (
    AlreadyDecidedError,
    CommandRefusedError,
    ExpiredError,
    OwnRequestError,
    PlanChangedError,
)
from bot.incidents.approvals import NotAllowedError
from tests.fakes.house import House, draft, rules

LED = {"id": "led", "effects": ["write"], "then": "ask", "approvers": ["@oncall", "commander"]}


async def test_whoever_is_on_call_may_approve(house: House) -> None:
    await house.asked()
    await house.decide(user="U2")
    assert (await house.fix()).decided_by == "U2"
    assert [w.kind for w in house.queue.items] == ["execute"]


@pytest.mark.invariant(14)
@pytest.mark.parametrize("user", ["U3", "G1", "B1", "U9", "@oncall", ""])
async def test_nobody_else_may(house: House, user: str) -> None:
    """Not another team, a guest on call, a bot on call, a stranger, or a group itself."""
    asked = await house.asked()
    with pytest.raises(NotAllowedError, match="needs @oncall") as refused:
        await house.decide(user=user)
    assert (refused.value.act, refused.value.asked_at) == ("approve", asked.proposed_at)
    assert (await house.fix()).status is PlanStatus.AWAITING


@pytest.mark.invariant(14)
async def test_a_member_of_any_of_the_groups_that_are_asked_may(house: House) -> None:
    asking = {"id": "r", "effects": ["write"], "then": "ask", "approvers": ["@dba", "@oncall"]}
    either = House(house.redis, policy=rules(asking))
    await either.asked()
    await either.decide(user="U2")
    assert (await either.fix()).status is PlanStatus.READY


@pytest.mark.invariant(14)
async def test_nobody_is_asked_for_a_reason_who_could_not_give_it(house: House) -> None:
    fix = await house.asked()
    with pytest.raises(NotAllowedError):
        await house.approvals.consider("INC-1", "P1", fix.digest, "reject", "U3")
    with pytest.raises(PlanChangedError):
        await house.approvals.consider("INC-1", "P1", "0" * 64, "reject", "U1")
    await house.approvals.consider("INC-1", "P1", fix.digest, "reject", "U1")
    assert (await house.fix()).status is PlanStatus.AWAITING


@pytest.mark.invariant(14)
async def test_a_member_removed_since_it_was_shown_may_not(house: House) -> None:
    await house.asked()
    house.people.groups["@oncall"] = frozenset({"U2"})
    with pytest.raises(NotAllowedError):
        await house.decide()


@pytest.mark.invariant(14)
async def test_whoever_prompted_the_plan_may_not_approve_it(house: House) -> None:
    house.brain.plan = draft(requester="U1")
    await house.asked()
    with pytest.raises(OwnRequestError):
        await house.decide(user="U1")
    await house.decide(user="U2")
    assert (await house.fix()).status is PlanStatus.READY


@pytest.mark.invariant(14)
async def test_two_teams_agree_as_the_directory_knows_them_at_the_click(house: House) -> None:
    teams = [{"from": ["@oncall"]}, {"from": ["@security"]}]
    rule = {"id": "pairs", "effects": ["write"], "then": "ask", "approvals": teams}
    pairs = House(house.redis, policy=rules(rule))
    pairs.people.groups["@security"] = frozenset({"U2", "U3"})
    await pairs.asked()
    await pairs.decide(user="U2")
    assert (await pairs.fix()).decisions[0].via == ("@oncall", "@security")
    assert (await pairs.fix()).status is PlanStatus.AWAITING
    pairs.people.groups["@oncall"] = frozenset({"U1", "U3"})
    await pairs.decide(user="U1")
    fix = await pairs.fix()
    assert (fix.status, fix.decisions[1].via) == (PlanStatus.READY, ("@oncall",))
    await pairs.work()
    assert pairs.world.painted == ["paint hall green"]


@pytest.mark.parametrize("digest", ["0" * 64, "", "another plan's"])
async def test_an_edited_button_decides_nothing(house: House, digest: str) -> None:
    await house.asked()
    with pytest.raises(PlanChangedError):
        await house.decide(digest=digest)
    assert (await house.fix()).status is PlanStatus.AWAITING


async def test_a_plan_that_is_not_there_is_refused(house: House) -> None:
    await house.asked()
    with pytest.raises(CommandRefusedError, match="no plan 'P7'"):
        await house.decide(plan_id="P7")


@pytest.mark.invariant(13)
async def test_a_hundred_clicks_at_once_are_one_decision(house: House) -> None:
    await house.asked()
    answers = await clicks(house, [("approve", "U1")] * 100)
    assert sum(isinstance(a, Incident) for a in answers) == 1
    assert sum(isinstance(a, AlreadyDecidedError) for a in answers) == 99
    assert (await house.events()).count("approval.decided") == 1


@pytest.mark.invariant(13)
async def test_a_hundred_clicks_of_two_people_who_disagree_end_in_one_of_them(
    house: House,
) -> None:
    await house.asked()
    answers = await clicks(house, [("approve", "U1"), ("reject", "U2")] * 50)
    assert sum(isinstance(a, Incident) for a in answers) == 1
    [decision] = (await house.fix()).decisions
    other = {"approve": "approved", "reject": "rejected"}[decision.choice]
    late = [a for a in answers if not isinstance(a, Incident)]
    assert {str(a) for a in late} == {f"already {other} by {decision.by}"}


async def clicks(house: House, given: list[tuple[Any, str]]) -> list[Any]:
    fix = await house.fix()
    return await asyncio.gather(
        *(
            House(house.redis, clock=house.clock).approvals.decide(
                "INC-1",
                fix.plan.id,
                fix.digest,
                choice,
                user,
            )
            for choice, user in given
        ),
        return_exceptions=True,
    )


@pytest.mark.invariant(12)
@pytest.mark.parametrize(("seconds", "may"), [(-1, True), (0, False), (1, False)])
async def test_a_second_decides(house: House, seconds: float, may: bool) -> None:
    fix = await house.asked()
    assert fix.expires_at is not None
    house.clock.advance((fix.expires_at - house.clock()).total_seconds() + seconds)
    if may:
        await house.decide()
    else:
        with pytest.raises(ExpiredError):
            await house.decide()


@pytest.mark.invariant(12)
async def test_a_clock_that_jumps_back_does_not_bring_back_what_expired(house: House) -> None:
    await house.asked()
    await house.later(900)
    house.clock.advance(-900)
    with pytest.raises(ExpiredError):
        await house.decide()
    assert (await house.fix()).status is PlanStatus.VOID


@pytest.mark.invariant(12)
@pytest.mark.parametrize("choice", ["approve", "reject"])
async def test_what_was_decided_is_not_decided_again_by_another_clock(
    house: House, choice: str
) -> None:
    await house.asked()
    await house.decide(choice)
    house.clock.advance(-86_400)
    with pytest.raises(AlreadyDecidedError):
        await house.decide(user="U2")


@pytest.mark.invariant(12)
async def test_an_approval_nobody_gave_expires_and_a_person_is_called(house: House) -> None:
    await house.asked()
    await house.later(900)
    incident = await house.incident()
    assert incident.plans["P1"].status is PlanStatus.VOID
    assert "nobody decided in time" in incident.calls[-1].reason
    assert house.world.painted == []


async def test_an_expired_plan_is_made_anew_for_any_full_member_who_asks(house: House) -> None:
    await house.asked()
    await house.later(900)
    with pytest.raises(CommandRefusedError, match="only full members"):
        await house.approvals.ask_again("INC-1", "P1", "G1")
    await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.work()
    assert (await house.fix()).plan.id == "P2"
    assert (await house.fix()).status is PlanStatus.AWAITING


async def test_a_group_that_cannot_be_read_is_named_to_who_may_not(house: House) -> None:
    async def members(handle: str) -> frozenset[str]:
        raise RotaUnreadableError(f"{handle} can't be read: no answer")

    await house.asked()
    house.people.members = members  # type: ignore[method-assign]
    with pytest.raises(NotAllowedError, match="@oncall can't be read: no answer"):
        await house.decide()


@pytest.mark.invariant(14)
async def test_commander_is_whoever_leads_at_the_click_and_nobody_where_nobody_does(
    house: House,
) -> None:
    led = House(house.redis, policy=rules(LED))
    await led.asked()
    nobody = await led.incident()
    with pytest.raises(NotAllowedError) as refused:
        await led.approvals.require(nobody, "P1", "U3")
    assert str(refused.value) == "needs @oncall or commander"
    by_u3 = nobody.model_copy(update={"commander": "U3"})
    assert await led.approvals.require(by_u3, "P1", "U3") == ("commander",)
    assert await led.approvals.require(by_u3, "P1", "U1") == ("@oncall",)
    for commander, user in (("U3", "U9"), ("G1", "G1"), (None, ""), ("commander", "commander")):
        with pytest.raises(NotAllowedError):
            leads = nobody.model_copy(update={"commander": commander})
            await led.approvals.require(leads, "P1", user)
    assert await led.approvals.require(
        nobody.model_copy(update={"commander": "U1"}), "P1", "U1"
    ) == ("@oncall", "commander")


@pytest.mark.invariant(14)
async def test_who_hands_command_over_in_the_same_moment_approves_no_more(house: House) -> None:
    led = House(house.redis, policy=rules(LED))
    await led.asked()
    clock = led.clock
    take = c.TakeCommand(at=clock(), actor="U3")
    before = await led.incidents.handle("INC-1", take)
    await led.incidents.handle("INC-1", c.OfferHandover(at=clock(), actor="U3", to="U2"))
    await led.incidents.handle("INC-1", c.TakeCommand(at=clock(), actor="U2"))
    via = await led.approvals.require(before, "P1", "U3")
    late = c.DecideApproval(
        at=clock(),
        actor="U3",
        plan_id="P1",
        digest=(await led.fix()).digest,
        choice="approve",
        via=via,
    )
    with pytest.raises(CommandRefusedError, match="don't command INC-1 any more"):
        await led.incidents.handle("INC-1", late)
    assert (await led.fix()).status is PlanStatus.AWAITING


@pytest.mark.invariant(14)
async def test_a_commander_who_is_in_the_group_too_is_one_person(house: House) -> None:
    led = House(house.redis, policy=rules({**LED, "approvals": 2}))
    await led.asked()
    await led.incidents.handle("INC-1", c.TakeCommand(at=led.clock(), actor="U1"))
    await led.decide(user="U1")
    with pytest.raises(AlreadyDecidedError):
        await led.decide(user="U1")
    assert (await led.fix()).status is PlanStatus.AWAITING
    await led.decide(user="U2")
    assert (await led.fix()).status is PlanStatus.READY


@pytest.mark.invariant(14)
@pytest.mark.parametrize("user", ["U1", "U2"])
async def test_none_of_those_who_prompted_a_plan_approves_it(house: House, user: str) -> None:
    house.brain.plan = draft().model_copy(update={"requester": "U1", "prompted_by": ("U2",)})
    await house.asked()
    with pytest.raises(OwnRequestError):
        await house.decide(user=user)
