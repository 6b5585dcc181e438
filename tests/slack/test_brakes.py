"""`@opsbot stop` and `@opsbot resume`, and what a thread says of what is stopped."""

from __future__ import annotations

import pytest

from bot.domain.ports import Failure
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack.views.brakes import which_scope
from bot.slack.views.text import SECTION_LIMIT
from tests.fakes import story
from tests.fakes.brakes import tripped
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import approved, diagnosed, opened, proposed, scene, shown, slot

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened(), diagnosed(), proposed())
    await desk.connect()
    return desk


async def said(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks))


async def card(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: "*Now:*" in str(m.blocks) and words in str(m.blocks))


@pytest.mark.invariant(23)
async def test_in_a_thread_it_stops_that_incident_and_the_card_says_so(
    asking: Desk, maya: Person
) -> None:
    root = await card(maya, "Needs approval")
    await maya.say(CHANNEL, "@opsbot stop wait for <!channel>", thread_ts=root.ts)
    await said(maya, "*INC-1 is stopped*, by Maya 01:47: wait for")
    assert set(await asking.controls.stopped()) == {"INC-1"}
    stopped = await card(maya, "*Now:* Stopped by Maya 01:47: wait for &lt;!channel&gt;")
    assert "*Next:* nothing runs until an approver says @opsbot resume here" in str(stopped.blocks)
    await maya.say(CHANNEL, "@opsbot resume", thread_ts=root.ts)
    await said(maya, "*INC-1 may go on.* Maya had stopped it")
    assert await asking.controls.stopped() == {}
    await card(maya, "*Next:* @data-oncall to approve")


@pytest.mark.parametrize(
    ("words", "scope"), [("stop all", "all"), ("Stop: etl.", "etl"), ("stop INC-1 now", "INC-1")]
)
async def test_what_is_named_is_stopped(asking: Desk, maya: Person, words: str, scope: str) -> None:
    await maya.say(CHANNEL, f"@opsbot {words}")
    await said(maya, "is stopped*, by Maya")
    assert set(await asking.controls.stopped()) == {scope}


@pytest.mark.parametrize("words", ["stop", "stop coffee", "resume"])
async def test_what_is_not_known_is_asked_for(asking: Desk, maya: Person, words: str) -> None:
    await maya.say(CHANNEL, f"@opsbot {words}")
    await said(maya, "Nothing was changed.")
    assert await asking.controls.stopped() == {}


async def test_what_only_begins_like_it_is_a_question(asking: Desk, maya: Person) -> None:
    await maya.say(CHANNEL, "@opsbot stopped etl?")
    await said(maya, "A fix waits for @data-oncall")


async def test_any_full_member_stops_and_only_approvers_resume(
    asking: Desk, slack: LocalSlack
) -> None:
    async with Person(slack.page_url, "guest") as guest:
        await guest.say(CHANNEL, "@opsbot stop all")
        await said(guest, "Only full members of the workspace can stop me.")
    async with Person(slack.page_url, "sam") as sam:
        await sam.say(CHANNEL, "@opsbot stop all please")
        await said(sam, "*Everything is stopped*, by Sam")
        await sam.say(CHANNEL, "@opsbot resume all")
        await said(sam, "You can't resume all: that needs @data-oncall.")
    assert set(await asking.controls.stopped()) == {"all"}


@pytest.mark.invariant(19)
async def test_a_tripped_breaker_is_told_once_and_set_back_by_an_approver(
    asking: Desk, maya: Person
) -> None:
    failure = Failure(action="a1", count=1, seconds=60, trip=tripped())
    incident = await asking.ledger.load("INC-1")
    await asking.ledger.commit(incident, [approved()], failures=[failure])
    await said(maya, "*I no longer act by myself on etl:*")
    await asking.happens(story.voided("drift"))
    await asking.settled()
    assert (await asking.posted()).count("breaker:1") == 1
    await maya.say(CHANNEL, "@opsbot resume etl")
    await said(maya, "*The breaker of etl is set back.* It had tripped: 3 actions failed")
    assert await asking.controls.tripped() == {}


def test_a_plan_that_was_stopped_says_so_and_can_be_asked_for_again() -> None:
    reason = "etl was stopped by Maya 02:27: a bad deploy"
    void = story.voided("stopped").model_copy(update={"reason": reason})
    halted = shown(slot(scene(diagnosed(), *proposed(), approved(), void), "approval:P1"))
    assert "*Etl was stopped by Maya 02:27: a bad deploy. Nothing ran.*" in halted
    assert "[Check again and ask]" in halted


def test_one_stopped_halfway_says_what_had_run() -> None:
    reason = "everything was stopped by Maya 02:27: a bad deploy"
    void = story.voided("stopped").model_copy(update={"reason": reason})
    halfway = scene(diagnosed(), *proposed(), approved(), *story.done(0), void)
    assert shown(slot(halfway, "failure:P1")).endswith(
        f"The fix of INC-1 failed: {reason}. Step 1 had run and stays as it is."
    )
    # What is left of it may be asked for, and what has run undone; neither happens by itself.
    assert shown(slot(halfway, "approval:P1")).endswith("[Check again and ask] [Undo switch]")


def test_however_many_services_there_are_the_answer_is_short() -> None:
    answer = which_scope("stop", [f"service-{n}" * 20 for n in range(500)])
    assert len(answer) < SECTION_LIMIT / 2
