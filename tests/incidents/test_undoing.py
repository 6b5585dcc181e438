"""A person has undone what a plan left: once, by who may approve it, over what they were shown."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import AlreadyDecidedError, CommandRefusedError, PlanChangedError
from bot.domain.values import Allow, Intended, Status
from bot.domain.warrant import unwarranted
from bot.incidents.approvals import NotAllowedError
from bot.incidents.brakes import Hand
from bot.incidents.undoing import MovedError, Offered
from tests.fakes.house import ALLOWING, House, draft, rules
from tests.fakes.tools import CreateTicket, Look, Paint, PaintLamp, PaintLampAnew, UpdateTicket
from tests.incidents.test_rollback import PaintForGood, another
from tools.kit.tool import Context
from tools.kit.types import DryRun, Target

pytestmark = pytest.mark.invariant(20)


async def done(house: House, *lamps: str) -> None:
    """A fix is done, and its incident resolved and reported."""
    house.brain.plan = draft(*lamps)
    await house.approved()
    await house.work()
    assert (await house.fix()).status is PlanStatus.DONE


async def undo(house: House, user: str = "U1") -> None:
    fix = await house.fix()
    await house.undoing.undo("INC-1", fix.plan.id, fix.digest, user)


async def offered(house: House, user: str = "U1") -> Offered:
    fix = await house.fix()
    return await house.undoing.consider("INC-1", fix.plan.id, fix.digest, user)


async def roll_back(house: House, shown: Offered, user: str = "U1") -> None:
    fix = await house.fix()
    await house.undoing.roll_back("INC-1", fix.plan.id, fix.digest, shown.digest, user)


async def stuck(house: House) -> None:
    """A fix did not help, and its undo was refused: somebody had painted it blue meanwhile."""
    await house.approved()
    house.world.spoilt = True
    while (await house.fix()).undoable == ():
        await house.jobs.run(house.queue.items.pop(0).key)
    house.world.lamps["hall"] = "blue"
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.STUCK


async def flaws(house: House) -> list[str]:
    commits = [(n, [x]) for n, x in enumerate(await house.ledger.decisions("INC-1"), start=1)]
    return [flaw.what for flaw in unwarranted(commits)]


async def test_what_is_done_is_undone_last_first_after_the_report(house: House) -> None:
    await done(house, "hall", "attic")
    assert (await house.incident()).reported_at
    await undo(house)
    await house.work()
    fix, incident = await house.fix(), await house.incident()
    assert house.world.painted[2:] == ["paint attic red", "paint hall red"]
    assert [s.status for s in fix.steps] == [StepStatus.UNDONE, StepStatus.UNDONE]
    assert fix.rolled_back_at == house.clock.now
    assert (incident.status, incident.calls) == (Status.RESOLVED, ())
    events = await house.ledger.decisions("INC-1")
    by = [x.approved_by for x in events if x.type == "rollback.started"]
    assert by == ["U1", "U1"]
    assert await flaws(house) == []


async def test_it_is_undone_once(house: House) -> None:
    await done(house)
    await undo(house)
    with pytest.raises(AlreadyDecidedError, match="rolled back by U1"):
        await undo(house, "U2")
    await house.work()
    await house.jobs.run("INC-1|undo|P1:0")
    with pytest.raises(AlreadyDecidedError):
        await undo(house, "U2")
    assert house.world.painted == ["paint hall green", "paint hall red"]


async def test_many_clicks_and_workers_at_once_undo_it_once(house: House) -> None:
    await done(house)
    clicks = await asyncio.gather(
        *(undo(house, f"U{1 + n % 2}") for n in range(20)), return_exceptions=True
    )
    assert [click for click in clicks if click is None] == [None]
    workers = [House(house.redis, world=house.world, clock=house.clock) for _ in range(5)]
    await asyncio.gather(*(w.jobs.run("INC-1|undo|P1:0") for w in workers))
    assert house.world.painted == ["paint hall green", "paint hall red"]


@pytest.mark.invariant(14)
@pytest.mark.parametrize("user", ["U3", "G1", "B1", "U9", ""])
async def test_who_may_not_approve_may_not_undo(house: House, user: str) -> None:
    await done(house)
    with pytest.raises(NotAllowedError):
        await undo(house, user)
    with pytest.raises(NotAllowedError):
        await offered(house, user)
    await house.work()
    assert house.world.painted == ["paint hall green"]


@pytest.mark.invariant(14)
async def test_who_is_taken_off_the_team_after_the_approval_may_not_undo(house: House) -> None:
    await done(house)
    house.people.groups["@oncall"] = frozenset({"U2"})
    with pytest.raises(NotAllowedError):
        await undo(house)


async def test_what_ran_by_itself_is_undone_by_who_would_have_been_asked(house: House) -> None:
    alone = House(house.redis, policy=rules(*ALLOWING))
    await alone.asked()
    await alone.work()
    with pytest.raises(NotAllowedError, match="needs @oncall") as refused:
        await undo(alone, "U3")
    assert refused.value.asked_at is None, "nobody was asked"
    await undo(alone, "U1")
    await alone.work()
    assert alone.world.painted == ["paint hall green", "paint hall red"]
    assert await flaws(alone) == []


async def test_what_a_release_before_let_run_is_nobodys_to_undo(house: House) -> None:
    alone = House(house.redis, policy=rules(*ALLOWING))
    await alone.asked()
    await alone.work()
    incident = await alone.incident()
    fix = incident.plans["P1"]
    nobody = fix.model_copy(update={"verdict": Allow(rule="auto")})
    before = incident.model_copy(update={"plans": {**incident.plans, "P1": nobody}})
    with pytest.raises(NotAllowedError):
        await alone.approvals.require(before, "P1", "U1")


async def test_what_somebody_changed_since_is_refused_and_a_roll_back_offered(
    house: House,
) -> None:
    await done(house)
    house.world.lamps["hall"] = "blue"
    with pytest.raises(MovedError, match=r"hall\.colour is 'blue' now, the step left 'green'"):
        await undo(house)
    await house.work()
    fix = await house.fix()
    assert house.world.painted == ["paint hall green"]
    assert (fix.steps[0].status, fix.steps[0].moved) == (StepStatus.STUCK, True)
    assert fix.overwritable == (0,)
    assert (await house.incident()).calls == (), "whoever pressed it was told"

    shown = await offered(house)
    assert [(f.now, f.left, f.back) for f in shown.fields] == [("blue", "green", "red")]
    await roll_back(house, shown)
    await house.work()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert await flaws(house) == []


async def test_what_changes_between_the_click_and_the_act_is_left_and_the_presser_called(
    house: House,
) -> None:
    await done(house)
    await undo(house)
    house.world.lamps["hall"] = "blue"
    await house.work()
    [call] = (await house.incident()).calls
    assert house.world.lamps["hall"] == "blue"
    assert (call.to, call.reason[:30]) == (("U1",), "step 1 could not be undone: ha")
    assert (await house.fix()).overwritable == (0,)


async def test_of_two_steps_neither_is_undone_where_one_was_changed(house: House) -> None:
    await done(house, "hall", "attic")
    house.world.lamps["hall"] = "blue"
    with pytest.raises(MovedError):
        await undo(house)
    await house.work()
    assert len(house.world.painted) == 2
    shown = await offered(house)
    assert shown.steps == (1, 0)
    await roll_back(house, shown)
    await house.work()
    assert house.world.painted[2:] == ["paint attic red", "paint hall red"]


TWICE = [
    Intended(tool="paint", params={"lamp": "hall", "colour": colour}, cites=f"red-lamp#{n}")
    for n, colour in enumerate(("green", "white"), start=1)
]


@pytest.mark.parametrize("moved", [False, True])
async def test_two_steps_on_the_same_field_are_undone_one_after_the_other(
    house: House, moved: bool
) -> None:
    house.brain.plan = draft(steps=TWICE)
    await house.approved()
    await house.work()
    if moved:
        house.world.lamps["hall"] = "blue"
        with pytest.raises(MovedError, match="'blue' now, the step left 'white'"):
            await undo(house)
        shown = await offered(house)
        assert [(f.now, f.left, f.back) for f in shown.fields] == [("blue", "white", "red")]
        await roll_back(house, shown)
    else:
        await undo(house)
    await house.work()
    assert house.world.painted[2:] == ["paint hall green", "paint hall red"]


async def test_what_a_step_found_as_it_should_be_is_not_written_over(house: House) -> None:
    """A lamp that was green was painted green; blue is somebody else's."""
    house.brain.plan = draft("hall", "attic")
    house.world.lamps["hall"] = "green"
    await house.approved()
    await house.work()
    house.world.lamps["hall"] = "blue"
    with pytest.raises(MovedError, match="'blue' now, the step left 'green'"):
        await undo(house)
    await house.work()
    assert house.world.lamps["hall"] == "blue"


async def test_a_refused_undo_is_rolled_back_over_what_a_person_was_shown(house: House) -> None:
    await stuck(house)
    await roll_back(house, await offered(house), "U2")
    await house.work()
    fix = await house.fix()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert fix.undo is not None
    assert (fix.undo.actor, [f.value for f in fix.undo.over]) == ("U2", ["blue"])
    assert fix.rolled_back_at
    assert await flaws(house) == []
    with pytest.raises(AlreadyDecidedError, match="rolled back by U2"):
        await offered(house)


async def test_what_changes_after_it_was_shown_is_shown_again(house: House) -> None:
    await stuck(house)
    shown = await offered(house)
    house.world.lamps["hall"] = "white"
    with pytest.raises(MovedError, match="look again"):
        await roll_back(house, shown)
    await roll_back(house, await offered(house))
    house.world.lamps["hall"] = "black"
    await house.work()
    assert house.world.lamps["hall"] == "black", "and once more right before"
    assert (await house.fix()).overwritable == (0,)


async def test_after_a_roll_back_it_may_be_asked_for_again(house: House) -> None:
    await stuck(house)
    await roll_back(house, await offered(house))
    await house.work()
    house.world.spoilt = False
    await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.work()
    assert ((await house.fix()).plan.id, (await house.fix()).status) == (
        "P2",
        PlanStatus.AWAITING,
    )


async def test_an_undo_whose_answer_was_lost_is_never_sent_again(house: House) -> None:
    await done(house)
    house.world.painting, house.world.readback_down = "answer lost", True
    await undo(house)
    await house.work()
    await house.later(31)
    await house.later(300)
    fix = await house.fix()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert (fix.steps[0].status, fix.overwritable) == (StepStatus.STUCK, ())
    with pytest.raises(CommandRefusedError):
        await undo(house)
    assert (await house.incident()).calls[-1].to == ("U1",)


async def test_an_undo_after_the_report_that_a_dead_worker_left_is_read_back(
    house: House,
) -> None:
    await done(house)
    house.world.painting = "answer lost"
    await undo(house)
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.UNDOING
    house.world.painting = "none"
    await house.later(31)
    assert (await house.fix()).steps[0].status is StepStatus.UNDONE


async def test_what_was_halted_can_be_undone(house: House) -> None:
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)
    fix = await house.fix()
    await house.intervention.halt("INC-1", "P1", fix.digest, "U3")
    await undo(house)
    await house.work()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert await flaws(house) == []


async def test_what_a_later_plan_changed_is_undone_there_first(house: House) -> None:
    house.brain.plan = draft(steps=TWICE)
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)
    first = await house.fix()
    await house.intervention.halt("INC-1", "P1", first.digest, "U3")
    await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.work()
    second = (await house.fix()).digest[:4]
    await house.decide()
    with pytest.raises(CommandRefusedError, match=f"plan {second} is under way"):
        await house.undoing.undo("INC-1", "P1", first.digest, "U1")
    await house.work()
    with pytest.raises(CommandRefusedError, match=f"plan {second} changed it since"):
        await house.undoing.undo("INC-1", "P1", first.digest, "U1")
    await undo(house)
    await house.work()
    await house.undoing.undo("INC-1", "P1", first.digest, "U1")
    await house.work()
    assert house.world.painted[2:] == ["paint hall green", "paint hall red"]


async def test_a_day_later_it_is_no_longer_one_click(house: House) -> None:
    await done(house)
    house.clock.advance(86_401)
    with pytest.raises(CommandRefusedError, match="more than a day ago"):
        await undo(house)


async def test_another_plan_than_the_one_shown_is_not_undone(house: House) -> None:
    await done(house)
    with pytest.raises(PlanChangedError):
        await house.undoing.undo("INC-1", "P1", "0" * 64, "U1")
    with pytest.raises(CommandRefusedError):
        await house.undoing.undo("INC-1", "P9", "0" * 64, "U1")


@pytest.mark.invariant(23)
async def test_while_everything_is_stopped_nothing_is_undone(house: House) -> None:
    await done(house)
    await house.brakes.stop("all", Hand(by="cli:root", name="root", reason="a bad deploy"))
    await undo(house)
    await house.work()
    assert house.world.painted == ["paint hall green"]
    assert "everything was stopped by root" in (await house.fix()).steps[0].summary
    await house.brakes.resume("all", Hand(by="cli:root", name="root", reason="fine"))
    await roll_back(house, await offered(house))
    await house.work()
    assert house.world.painted == ["paint hall green", "paint hall red"]


async def test_a_tool_that_means_something_else_now_undoes_nothing(house: House) -> None:
    await done(house)
    tools = (Look, PaintLampAnew, CreateTicket, UpdateTicket)
    newer = House(house.redis, world=house.world, clock=house.clock, tools=tools)
    with pytest.raises(CommandRefusedError, match="version 2 now, the step ran with 1"):
        await undo(newer)


async def test_what_cant_be_read_is_not_undone(house: House) -> None:
    await done(house)
    house.world.painting = "down"
    with pytest.raises(CommandRefusedError, match="can't be read: no answer"):
        await undo(house)
    house.world.painting = "none"
    await undo(house)


async def test_what_has_no_undo_any_more_or_cant_read_what_it_saved_is_done_by_hand(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await done(house)
    with pytest.raises(CommandRefusedError, match="has no undo any more; do it by hand"):
        await undo(another(house, PaintForGood))
    monkeypatch.setattr(PaintLamp, "saved", Paint)
    with pytest.raises(CommandRefusedError, match="can't read what it saved any more"):
        await undo(house)


async def test_of_two_steps_only_what_somebody_changed_is_written_over(house: House) -> None:
    await done(house, "hall", "attic")
    house.world.lamps["hall"] = "blue"
    with pytest.raises(MovedError):
        await undo(house)
    over = (await offered(house)).over
    assert [(found.target, found.value) for found in over] == [("hall", "blue")]


class PaintElsewhere(PaintLamp):
    """Paint the lamp that has that name by now."""

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        return found.model_copy(update={"targets": (Target(kind="lamp", name="new hall"),)})


@pytest.mark.invariant(20)
async def test_what_would_be_put_back_elsewhere_is_not_offered(house: House) -> None:
    await done(house)
    with pytest.raises(CommandRefusedError, match="put it back by hand"):
        await offered(another(house, PaintElsewhere))


@pytest.mark.invariant(14)
async def test_who_may_not_have_it_put_back_is_told_before_anything_is_shown(house: House) -> None:
    await done(house)
    fix = await house.fix()
    await house.undoing.require("INC-1", "P1", fix.digest, "U1")
    with pytest.raises(NotAllowedError):
        await house.undoing.require("INC-1", "P1", fix.digest, "U3")


@pytest.mark.invariant(22)
async def test_a_secret_that_stands_there_now_is_told_nobody(house: House) -> None:
    await done(house)
    secret = "ghp_" + "z9Y8x7W6v5U4" * 3
    house.world.lamps["hall"] = secret
    with pytest.raises(MovedError) as refused:
        await undo(house)
    assert secret not in str(refused.value)
    with pytest.raises(CommandRefusedError, match="holds a secret"):
        await offered(house)
