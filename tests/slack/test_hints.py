"""`@opsbot try the other runbook` in a thread, and what it answers."""

from __future__ import annotations

import pytest

from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, diagnosed, opened, proposed, rejected

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    await desk.happens(opened())
    await desk.connect()
    await desk.settled()
    return desk


async def said(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks))


async def root(desk: Desk) -> str:
    return (await desk.slots.all("INC-1"))["card"].ts


async def test_a_hint_goes_to_the_investigation_and_is_recorded_with_its_giver(
    asking: Desk, maya: Person
) -> None:
    await maya.say(CHANNEL, "@opsbot try the <b>other runbook", thread_ts=await root(asking))
    await said(maya, "Noted: the investigation hears it before its next step.")
    [hint] = (await asking.ledger.load("INC-1")).hints
    assert (hint.actor, hint.text) == (MAYA, "try the <b>other runbook")


async def test_while_a_fix_waits_a_hint_moves_nothing(asking: Desk, maya: Person) -> None:
    await asking.happens(diagnosed(), proposed())
    await maya.say(CHANNEL, "@opsbot try another runbook", thread_ts=await root(asking))
    await said(maya, "Noted, and nothing was changed: ")
    fix = (await asking.ledger.load("INC-1")).fix
    assert fix is not None
    assert fix.status is PlanStatus.AWAITING


async def test_after_a_rejection_it_is_looked_into_again_and_the_card_says_so(
    asking: Desk, maya: Person
) -> None:
    await asking.happens(diagnosed(), proposed(), rejected())
    await maya.say(CHANNEL, "@opsbot look at the other runbook", thread_ts=await root(asking))
    await said(maya, "I look into it again with that; hints may do so 2 times more.")
    await maya.wait_for(lambda m: "SEV2 · Investigating" in str(m.blocks))


async def test_without_a_model_it_says_what_it_cant_do(asking: Desk, maya: Person) -> None:
    await maya.say(CHANNEL, "@opsbot try replica-1 instead", thread_ts=await root(asking))
    await said(maya, "Without a model I can only follow another runbook")


async def test_a_guest_and_a_direct_message_steer_nothing(asking: Desk, slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        await guest.say(CHANNEL, "@opsbot try the runbook", thread_ts=await root(asking))
        await said(guest, "Only full members of the workspace can give hints.")
    async with Person(slack.page_url, "maya") as maya:
        place = await maya.open_messages()
        ts = await maya.say(place, "why is etl failing")
        await said(maya, "I am still investigating")
        await maya.say(place, "try the runbook", thread_ts=ts)
        await said(maya, "In a direct message I only read.")
    assert (await asking.ledger.load("INC-1")).hints == ()


async def test_a_question_that_sounds_like_one_is_still_a_question(
    asking: Desk, maya: Person
) -> None:
    await maya.say(CHANNEL, "@opsbot can you check who approved?", thread_ts=await root(asking))
    await said(maya, "Nobody: nothing was proposed")
    assert (await asking.ledger.load("INC-1")).hints == ()
