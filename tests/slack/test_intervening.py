"""What people do about a plan besides deciding on it, over real Bolt: each click is answered."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain import events as e
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.values import Allow, Plan
from bot.incidents.question import Question
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack import ids
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import GRAPH, MAYA, WORK, ask, diagnosed, opened, resolved

pytestmark = pytest.mark.usefixtures("hurried")
PLAN = story.plan(guards=(story.guard(),))
YES = story.decided("approve", MAYA, PLAN)


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A plan waits that paints two lamps."""
    await desk.happens(opened())
    await desk.ledger.note("INC-1", *WORK)
    await desk.happens(diagnosed(), story.proposed(PLAN, ask()))
    await desk.connect()
    return desk


async def fix(desk: Desk) -> PlanState:
    found = (await desk.ledger.load("INC-1")).fix
    assert found is not None
    return found


async def having(person: Person, label: str) -> SeenMessage:
    """The message that has a button of that label."""
    return await person.wait_for(lambda m: label in [b.text for b in m.buttons])


async def waiting(person: Person) -> SeenMessage:
    return await having(person, "Approve")


async def saying(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: words in str(m.blocks))


async def whispered(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: m.ephemeral and words in m.text)


async def chosen(person: Person, message: SeenMessage, what: str, state: PlanState) -> None:
    ref = ids.PlanRef(incident="INC-1", plan=state.plan.id, digest=state.digest)
    await person.use(message, ids.MORE, ref.choice(what), stale=True)


async def window(person: Person, words: str) -> dict[str, Any]:
    """The window that is open, once it says so."""
    seen: dict[str, Any] = {}

    async def says() -> bool:
        views = (await person.state())["views"]
        seen.update(views[-1] if views else {})
        return words in str(seen.get("blocks"))

    await until(says)
    return seen


async def done(desk: Desk) -> None:
    """The fix ran and the incident is over; the lamps are as it left them."""

    async def asked() -> bool:
        return "approval:P1" in await desk.slots.all("INC-1")

    await until(asked)
    desk.world.lamps |= {"hall": "green", "attic": "green"}
    await desk.happens(YES, story.done(0), story.done(1), story.recovered(), resolved())


class TestHalt:
    async def test_it_ends_after_this_step_and_the_message_says_who(
        self, asking: Desk, sam: Person
    ) -> None:
        await asking.happens(YES, story.started(0))
        running = await having(sam, "Halt after this step")
        await sam.click(running, "Halt after this step")
        told = await saying(sam, "Running 1 of 2 · halted by Sam after it")
        assert told.buttons == []
        await sam.click(running, "Halt after this step", stale=True)
        await whispered(sam, "Already halted by Sam 01:47.")
        await asking.happens(story.finished(0), story.verified(0))

    async def test_between_two_steps_it_is_over_and_asked_for_again(
        self, asking: Desk, sam: Person
    ) -> None:
        await asking.happens(YES, story.done(0))
        await sam.click(await having(sam, "Halt after this step"), "Halt after this step")
        told = await saying(sam, "Halted by Sam after step 1 of 2")
        assert [b.text for b in told.buttons] == ["Check again and ask", "Undo switch"]
        assert not [m for m in await sam.messages() if "The fix of INC-1 failed" in str(m.blocks)]
        await sam.click(told, "Check again and ask")
        await sam.wait_for(lambda m: m.ts == told.ts and len(m.buttons) == 1)
        assert (await fix(asking)).wants_replan

    async def test_too_late_is_said(self, asking: Desk, sam: Person) -> None:
        await asking.happens(YES, story.started(0))
        running = await having(sam, "Halt after this step")
        await asking.happens(story.finished(0), story.verified(0), story.started(1))
        await sam.click(running, "Halt after this step", stale=True)
        await whispered(sam, "Its last step has begun, so no other is left to halt.")


class TestHand:
    async def test_nothing_runs_and_whoever_is_on_call_is_called(
        self, asking: Desk, sam: Person, maya: Person
    ) -> None:
        asked = await waiting(sam)
        await chosen(sam, asked, ids.HAND, await fix(asking))
        told = await saying(sam, "Handed to a person by Sam. Nothing ran.")
        assert (told.ts, told.buttons) == (asked.ts, [])
        await saying(sam, "INC-1 needs you: Sam handed the fix to a person; nothing ran")
        await maya.click(asked, "Approve", stale=True)
        await whispered(maya, "Handed to a person by Sam.")
        assert (await fix(asking)).status is PlanStatus.VOID

    async def test_a_guest_cant(self, asking: Desk, slack: LocalSlack) -> None:
        async with Person(slack.page_url, "guest") as guest:
            await chosen(guest, await waiting(guest), ids.HAND, await fix(asking))
            await whispered(guest, "Only full members of the workspace can hand a plan")
        assert (await fix(asking)).status is PlanStatus.AWAITING


class TestDetails:
    async def test_all_that_is_behind_it_is_in_a_window(self, asking: Desk, sam: Person) -> None:
        await chosen(sam, await waiting(sam), ids.DETAILS, await fix(asking))
        view = await window(sam, "Digest")
        text = "\n".join(b["text"]["text"] for b in view["blocks"])
        for words in (
            "1. paint (version 1): write, can be undone",
            'with {"lamp": "hall", "colour": "green"}',
            "- hall.colour: red\n+ hall.colour: green",
            "• dust 1 g (limit 10): grams < 10",
            "Rule change",
            f"Digest {(await fix(asking)).digest}",
            f"<{GRAPH.replace('&', '&amp;')}|Lag of the source>",
        ):
            assert words in text

    async def test_a_choice_of_another_release_is_answered(self, asking: Desk, sam: Person) -> None:
        ref = ids.PlanRef(incident="INC-1", plan="P1", digest=(await fix(asking)).digest)
        choice = {"text": {"type": "plain_text", "text": "?"}, "value": ref.choice("frobnicate")}
        menu = {"type": "overflow", "action_id": ids.MORE, "options": [choice]}
        await asking.client.chat_postMessage(
            channel=CHANNEL, text="older", blocks=[{"type": "actions", "elements": [menu]}]
        )
        older = await sam.wait_for(lambda m: m.text == "older")
        await sam.use(older, ids.MORE, choice["value"])
        await whispered(sam, "This button is not one of mine any more.")


class TestAsk:
    async def test_question_and_answer_go_to_the_thread_and_the_clock_runs_on(
        self, asking: Desk, sam: Person
    ) -> None:
        asked = await waiting(sam)
        expires = (await fix(asking)).expires_at
        await sam.click(asked, "Ask")
        view = await sam.wait_for_view()
        assert "It still expires 02:02." in str(view["blocks"])
        answer = await sam.submit(view["id"], {"question": {"text": "  "}})
        assert list(answer.errors) == ["question"]
        await sam.submit(view["id"], {"question": {"text": "is it <!channel> safe?"}})
        told = await saying(sam, "*Sam asked:* is it &lt;!channel&gt; safe?")
        assert "Nothing ran yet." in str(told.blocks)
        assert told.thread_ts == asked.thread_ts
        assert ((await fix(asking)).status, (await fix(asking)).expires_at) == (
            PlanStatus.AWAITING,
            expires,
        )
        assert "Approve" in [b.text for b in (await waiting(sam)).buttons]

    async def test_a_model_answers_where_there_is_one(
        self, slack: LocalSlack, redis: Redis, sam: Person
    ) -> None:
        async def thinks(_: Question) -> str:
            return "It <is> safe."

        thinking = Desk(slack, redis, model=True)
        thinking.bench.think = thinks
        try:
            await thinking.happens(opened(), diagnosed(), story.proposed(PLAN, ask()))
            await thinking.connect()
            await sam.click(await waiting(sam), "Ask")
            view = await sam.wait_for_view()
            await sam.submit(view["id"], {"question": {"text": "would you dare?"}})
            await saying(sam, "*Sam asked:* would you dare?")
            await saying(sam, "It &lt;is&gt; safe.")
        finally:
            await thinking.close()
        [heard] = thinking.bench.asked
        assert (heard.text, heard.incident) == ("would you dare?", "INC-1")


class TestUndo:
    async def test_after_it_is_done_one_click_has_it_undone(
        self, asking: Desk, maya: Person
    ) -> None:
        await done(asking)
        record = await having(maya, "Undo steps 1, 2")
        await maya.click(record, "Undo steps 1, 2")
        told = await saying(maya, "Steps 1, 2 are being undone")
        assert told.buttons == []
        assert (await fix(asking)).undoable == (1, 0)
        back = [
            e.RollbackStarted(
                at=story.at(60), actor="opsbot", plan_id="P1", step=step, key=f"u{step}",
                deadline=story.at(90), approved_by=MAYA,
            )
            for step in (1, 0)
        ]  # fmt: skip
        await asking.happens(back[0], story.undone(1), back[1], story.undone(0))
        await saying(maya, "Rolled back 01:47 by Maya")
        await maya.click(record, "Undo steps 1, 2", stale=True)
        await whispered(maya, "Already rolled back by Maya 01:47.")

    @pytest.mark.invariant(14)
    async def test_of_what_ran_by_itself_the_button_stands_where_it_ran(
        self, desk: Desk, maya: Person, sam: Person
    ) -> None:
        allowed = Allow(rule="auto", may_undo=("@data-oncall",))
        ran = [*story.done(0), *story.done(1), story.recovered(), resolved()]
        desk.world.lamps |= {"hall": "green", "attic": "green"}
        await desk.happens(opened(), diagnosed(), story.proposed(PLAN, allowed), *ran)
        await desk.connect()
        record = await having(sam, "Undo steps 1, 2")
        assert "Fix of INC-1, 2 of 2 done" in str(record.blocks)
        await sam.click(record, "Undo steps 1, 2")
        told = await whispered(sam, "You can't undo this: needs @data-oncall.")
        assert "asked" not in told.text
        await maya.click(record, "Undo steps 1, 2")
        await saying(maya, "Steps 1, 2 are being undone")
        assert (await fix(desk)).undoable == (1, 0)

    @pytest.mark.invariant(14)
    async def test_who_may_not_approve_is_told_who_may(self, asking: Desk, sam: Person) -> None:
        await done(asking)
        await sam.click(await having(sam, "Undo steps 1, 2"), "Undo steps 1, 2")
        await whispered(sam, "You can't undo this: needs @data-oncall.")
        assert (await fix(asking)).undoable == ()

    @pytest.mark.invariant(20)
    async def test_what_was_changed_since_is_shown_before_it_is_written_over(
        self, asking: Desk, maya: Person, sam: Person
    ) -> None:
        await done(asking)
        asking.world.lamps["attic"] = "blue <!here>"
        await maya.click(await having(maya, "Undo steps 1, 2"), "Undo steps 1, 2")
        told = await whispered(maya, "is 'blue &lt;!here&gt;' now, the step left 'green'")
        assert told.text.endswith("Nothing was changed.")
        record = await saying(maya, "Step 2 is live and has changed since.")
        assert [b.text for b in record.buttons] == ["Roll back"]

        await sam.click(record, "Roll back")
        await whispered(sam, "You can't undo this")
        await maya.click(record, "Roll back")
        view = await window(maya, "goes back to")
        text = "\n".join(b["text"]["text"] for b in view["blocks"])
        assert (
            "Step 2: attic.colour\nnow: blue <!here>, which somebody changed since\n"
            "the plan set it to: green\nit goes back to: red"
        ) in text
        asking.world.lamps["attic"] = "white"
        await maya.submit(view["id"], {})
        await window(maya, "Something else stands there by now; look again.")
        assert (await fix(asking)).undo is None

        await maya.click(record, "Roll back")
        view = await window(maya, "now: white")
        await maya.submit(view["id"], {})
        await window(maya, "It is being rolled back.")
        state = await fix(asking)
        assert state.undo is not None
        assert [(f.target, f.value) for f in state.undo.over] == [("attic", "white")]
        assert {step.status for step in state.steps} == {StepStatus.VERIFIED}


class TestCommander:
    async def test_whoever_leads_may_approve_where_policy_names_them(
        self, desk: Desk, sam: Person
    ) -> None:
        await desk.happens(opened(), diagnosed())
        await desk.happens(story.proposed(PLAN, ask(approvers=("@data-oncall", "commander"))))
        await desk.connect()
        asked = await waiting(sam)
        assert "|@data-oncall> or commander, 1 needed" in str(asked.blocks)
        await sam.click(asked, "Approve")
        await whispered(sam, "You can't approve this: needs @data-oncall or commander. ")
        assert (await fix(desk)).status is PlanStatus.AWAITING


@pytest.mark.invariant(14)
@pytest.mark.parametrize("words", ["yes", "@opsbot yes", "@opsbot approve it", "@opsbot approve"])
async def test_a_yes_in_chat_never_approves(asking: Desk, maya: Person, words: str) -> None:
    asked = await waiting(maya)
    before = await asking.ledger.decisions("INC-1")
    await maya.say(CHANNEL, words, thread_ts=asked.thread_ts)
    if words.startswith("@opsbot"):
        await saying(maya, "A yes in chat approves nothing.")
    place = await maya.open_messages()
    await maya.say(place, f"{words} INC-1")
    await maya.wait_for(lambda m: m.channel == place and bool(m.bot_id))
    assert await asking.ledger.decisions("INC-1") == before


@pytest.mark.invariant(11)
async def test_a_drifted_target_runs_nothing_and_the_new_plan_stands_below(
    asking: Desk, maya: Person
) -> None:
    asked = await waiting(maya)
    await asking.happens(YES)
    anew: Plan = story.plan("P2")
    void = e.PlanVoided(
        at=story.at(12), actor="opsbot", plan_id="P1", cause="drift",
        reason="hall.colour is 'blue' now, was 'red'",
    )  # fmt: skip
    await asking.happens(void, story.proposed(anew, ask()))
    old = await saying(maya, "*hall.colour is 'blue' now, was 'red'. Nothing ran. <")
    assert (old.ts, old.buttons) == (asked.ts, [])
    new = await waiting(maya)
    assert float(new.ts) > float(old.ts)
    await maya.click(asked, "Approve", stale=True)
    await whispered(maya, "Hall.colour is 'blue' now, was 'red'.")
    assert (await fix(asking)).status is PlanStatus.AWAITING


@pytest.mark.invariant(12)
async def test_after_a_restart_the_first_click_counts(
    asking: Desk, slack: LocalSlack, maya: Person
) -> None:
    asked = await waiting(maya)
    await asking.settled()
    await asking.close()
    again = Desk(slack, asking.redis)
    await again.connect()
    try:
        await maya.click(asked, "Approve")
        await saying(maya, "Approved by Maya 01:47 · queued")
        assert (await fix(again)).decided_by == MAYA
    finally:
        await again.close()
