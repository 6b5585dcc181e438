"""Edit over real Bolt: a person makes the plan smaller, and somebody else approves that."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.values import Intended
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack import ids
from bot.slack.listeners import window
from tests.fakes import house, story
from tests.fakes.poll import until
from tests.slack.desk import Desk
from tests.slack.scenes import DEV, MAYA, ask, diagnosed, opened

pytestmark = pytest.mark.usefixtures("hurried")
LAMPS = ["hall", "attic", "cellar"]
KEPT: dict[str, Any] = {"steps:0": ["0", "1"], "leeway:0:0": ["0", "1", "2"], "leeway:1:0": "80"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_SHOWN_SECONDS", 0.2)


@pytest.fixture
async def lit(desk: Desk) -> Desk:
    """A plan waits that turns three lamps up, then paints one."""
    bright = {"lamps": LAMPS, "level": 80}
    draft = house.draft(
        steps=(
            Intended(tool="brighten", params=bright, cites="red-lamp#1"),
            Intended(tool="paint", params={"lamp": "hall", "colour": "green"}, cites="red-lamp#2"),
        )
    )
    plan = await desk.planner.plan("P1", draft)
    await desk.happens(opened(), diagnosed(), story.proposed(plan, ask()))
    await desk.connect()
    return desk


async def approval(person: Person) -> SeenMessage:
    return await person.wait_for(lambda m: any(b.action_id == ids.EDIT for b in m.buttons))


async def opened_by(person: Person) -> str:
    await person.click(await approval(person), "Edit")
    return str((await person.wait_for_view())["id"])


async def answered(person: Person, words: str) -> str:
    """What the window says in the end."""
    seen = ""

    async def says() -> bool:
        nonlocal seen
        views = (await person.state())["views"]
        seen = views[-1]["blocks"][0]["text"]["text"] if views else ""
        return words in seen

    await until(says)
    return seen


async def fix(desk: Desk) -> PlanState:
    found = (await desk.ledger.load("INC-1")).fix
    assert found is not None
    return found


def left(**changes: Any) -> dict[str, dict[str, Any]]:
    """What the window is sent off with, where only these are changed: block id with `_`."""
    given = KEPT | {name.replace("_", ":"): value for name, value in changes.items()}
    return {name: {"value": value} for name, value in given.items()}


@pytest.mark.invariant(14)
async def test_a_smaller_plan_is_asked_for_anew_and_somebody_else_approves_it(
    lit: Desk, maya: Person, dev: Person
) -> None:
    wide = await fix(lit)
    view = await opened_by(maya)
    await maya.submit(view, left(steps_0=["0"], leeway_0_0=["1"], leeway_1_0="40"))
    said = await answered(maya, "waits for approval now")
    small = await fix(lit)
    assert f"*Plan {small.digest[:4]} waits for approval now*" in said
    assert (small.plan.id, small.plan.requester) == ("P2", MAYA)
    assert [s.params for s in small.plan.steps] == [
        {"lamps": ["attic"], "level": 40, "hue": "warm"}
    ]
    old = await maya.wait_for(lambda m: "Replaced by <" in str(m.blocks))
    assert f"|plan {small.digest[:4]}> (edited by Maya)" in str(old.blocks)
    assert wide.digest[:4] in str(old.blocks)
    assert old.buttons == []

    new = await approval(maya)
    assert new.ts != old.ts
    assert "Maya, who can't approve it alone" in str(new.blocks)
    assert "1 attic.level: 20 → 40" in str(new.blocks)
    await maya.click(new, "Approve")
    await maya.wait_for(lambda m: m.ephemeral and "can't approve it alone" in m.text)
    assert (await fix(lit)).status is PlanStatus.AWAITING
    await dev.click(new, "Approve")
    await dev.wait_for(lambda m: "Approved by Dev 01:47 · queued" in str(m.blocks))
    assert (await fix(lit)).decided_by == DEV


async def test_what_is_wrong_comes_back_at_its_field_and_the_plan_waits_on(
    lit: Desk, maya: Person
) -> None:
    view = await opened_by(maya)
    answer = await maya.submit(view, left(steps_0=["1"], leeway_1_0="81"))
    assert list(answer.errors) == ["steps:0", "leeway:1:0"]
    answer = await maya.submit(view, left(leeway_1_0="81"))
    assert answer.errors == {"leeway:1:0": "Only less than 80, and not below 0."}
    assert "Nothing is smaller yet" in str((await maya.submit(view, left())).errors)
    assert (await fix(lit)).plan.id == "P1"
    await maya.submit(view, left(leeway_1_0="79"))
    await answered(maya, "waits for approval now")


async def test_what_the_dry_run_speaks_against_is_said_in_the_window(
    lit: Desk, maya: Person
) -> None:
    view = await opened_by(maya)
    lit.world.level = 30
    await maya.submit(view, left(steps_0=["0"]))
    said = await answered(maya, "Nothing was changed.")
    assert "hall.level is 30 now, was 20; ask for a new plan" in said
    assert (await fix(lit)).plan.id == "P1"


async def test_whoever_closed_the_window_is_told_in_the_thread(lit: Desk, maya: Person) -> None:
    view = await opened_by(maya)
    lit.world.dust = 50
    await maya.submit(view, left(steps_0=["0"]))
    assert "Taking a fresh dry run" in await answered(maya, "dry run")
    await maya.dismiss(view)
    told = await maya.wait_for(lambda m: m.ephemeral and "Nothing was changed." in m.text)
    assert "dust: 50 g" in told.text
    assert told.thread_ts == (await approval(maya)).thread_ts


async def test_a_guest_is_told_that_full_members_may(lit: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        await guest.click(await approval(guest), "Edit")
        await guest.wait_for(lambda m: m.ephemeral and "Only full members" in m.text)
        assert (await guest.state())["views"] == []


async def test_who_may_is_asked_again_at_the_submit(
    lit: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened_by(maya)

    async def nobody(user: str) -> bool:
        return False

    monkeypatch.setattr(lit.directory, "eligible", nobody)
    await maya.submit(view, left(steps_0=["0"]))
    await answered(maya, "Nothing was changed. Only full members of the workspace")
    assert (await fix(lit)).plan.id == "P1"


async def test_a_plan_that_was_decided_meanwhile_is_said_to_be(
    lit: Desk, maya: Person, dev: Person
) -> None:
    asked = await approval(maya)
    view = await opened_by(maya)
    await dev.click(asked, "Approve")
    await dev.wait_for(lambda m: "Approved by Dev 01:47" in str(m.blocks))
    await maya.submit(view, left(steps_0=["0"]))
    await answered(maya, "Already approved by Dev 01:47.")
    await maya.click(asked, "Edit", stale=True)
    await maya.wait_for(lambda m: m.ephemeral and "Already approved by Dev" in m.text)


async def test_what_broke_is_said_to_have_changed_nothing(
    lit: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened_by(maya)

    async def broken(*_: Any) -> Any:
        raise RuntimeError("lost its way")

    with monkeypatch.context() as patch:
        patch.setattr(lit.planner, "plan", broken)
        await maya.submit(view, left(steps_0=["0"]))
        await answered(maya, "That didn't work, nothing was changed.")
    await maya.dismiss(view)
    view = await opened_by(maya)
    with monkeypatch.context() as patch:
        patch.setattr(lit.ledger, "load", broken)
        await maya.submit(view, left(steps_0=["0"]))
        await answered(maya, "That didn't work, nothing was changed.")
    assert (await fix(lit)).plan.id == "P1"
