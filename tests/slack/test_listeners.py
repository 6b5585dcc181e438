"""Every click and question is answered, by a message or by one line for that person alone."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.sandbox.valkey import EmbeddedValkey
from bot.slack import ids
from tests.fakes import story
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, WORK, alert, diagnosed, opened, proposed

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened())
    await desk.ledger.note("INC-1", *WORK)
    await desk.happens(diagnosed(), proposed())
    await desk.connect()
    return desk


async def approval(person: Person) -> SeenMessage:
    return await person.wait_for(lambda m: any(b.action_id == ids.APPROVE for b in m.buttons))


async def whispered(person: Person, words: str) -> SeenMessage:
    """What only this person sees."""
    return await person.wait_for(lambda m: m.ephemeral and words in m.text)


async def status(desk: Desk) -> PlanStatus:
    fix = (await desk.ledger.load("INC-1")).fix
    assert fix is not None
    return fix.status


async def test_an_approval_is_recorded_and_the_message_becomes_its_record(
    asking: Desk, maya: Person
) -> None:
    await maya.click(await approval(maya), "Approve")
    await maya.wait_for(lambda m: "Approved by Maya 01:47 · queued" in str(m.blocks))
    fix = (await asking.ledger.load("INC-1")).fix
    assert fix is not None
    assert (fix.status, fix.decided_by) == (PlanStatus.READY, MAYA)
    assert not [m for m in await maya.messages() if "Approve" in [b.text for b in m.buttons]]


async def test_a_second_click_is_told_who_was_faster(
    asking: Desk, maya: Person, slack: LocalSlack
) -> None:
    asked = await approval(maya)
    await maya.click(asked, "Approve")
    async with Person(slack.page_url, "dev") as dev:
        await dev.click(asked, "Approve", stale=True)
        await whispered(dev, "Already approved by Maya 01:47.")
        await dev.click(asked, "Reject", stale=True)
        await dev.wait_for(lambda m: m.ephemeral and "by Maya" in m.text)
        assert (await dev.state())["views"] == []


async def test_a_rejection_asks_for_a_reason_and_shows_it(asking: Desk, maya: Person) -> None:
    await maya.click(await approval(maya), "Reject")
    view = await maya.wait_for_view()
    await maya.submit(view["id"], {"reason": {"text": "wait for <!channel> the DBA"}})
    rejected = await maya.wait_for(lambda m: 'Rejected by Maya: "wait' in str(m.blocks))
    assert "wait for &lt;!channel&gt; the DBA" in str(rejected.blocks)
    assert await status(asking) is PlanStatus.REJECTED
    called = (await asking.ledger.load("INC-1")).calls
    assert [call.to for call in called] == [("@data-oncall",)]
    await maya.wait_for(lambda m: "INC-1 needs you: the fix was rejected" in str(m.blocks))


@pytest.mark.parametrize("reason", ["", "   "])
async def test_a_rejection_without_a_reason_is_not_taken(
    asking: Desk, maya: Person, reason: str
) -> None:
    await maya.click(await approval(maya), "Reject")
    view = await maya.wait_for_view()
    answer = await maya.submit(view["id"], {"reason": {"text": reason}})
    assert list(answer.errors) == ["reason"]
    assert await status(asking) is PlanStatus.AWAITING
    assert (await maya.state())["views"] != []


@pytest.mark.parametrize("person", ["sam", "olga", "guest"])
@pytest.mark.parametrize("button", ["Approve", "Reject"])
async def test_who_is_not_among_the_approvers_is_told_who_is(
    asking: Desk, slack: LocalSlack, person: str, button: str
) -> None:
    async with Person(slack.page_url, person) as other:
        await other.click(await approval(other), button)
        await whispered(
            other, "You can't approve this: needs @data-oncall. Dev and Maya were asked 01:47."
        )
        assert (await other.state())["views"] == []
    assert await status(asking) is PlanStatus.AWAITING


async def test_after_its_time_nothing_runs_and_anyone_may_ask_again(
    asking: Desk, maya: Person, slack: LocalSlack
) -> None:
    asked = await approval(maya)
    asking.now = story.at(903)
    await maya.click(asked, "Approve")
    await whispered(maya, "Expired 02:02. Nothing ran.")
    await asking.happens(story.voided("expired"))
    expired = await maya.wait_for(lambda m: "Check again and ask" in str(m.blocks))
    async with Person(slack.page_url, "guest") as guest:
        await guest.click(expired, "Check again and ask")
        await whispered(guest, "Only full members of the workspace can ask again.")
    await maya.click(expired, "Check again and ask")

    fix = (await asking.ledger.load("INC-1")).fix
    assert fix is not None
    assert fix.wants_replan
    await maya.click(expired, "Check again and ask", stale=True)
    await whispered(maya, "Plan 'P1' is not one to ask for again.")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("", "This button is not one of mine any more."),
        ("nonsense", "This button is not one of mine any more."),
        ('["INC-1"]', "This button is not one of mine any more."),
        ('["INC-9", "P1", "0"]', "INC-9 has no plan 'P1'."),
        ('["INC-1", "P7", "0"]', "INC-1 has no plan 'P7'."),
        ('["INC-1", "P1", "0000"]', "Plan 'P1' is "),
        ('["INC-1<!channel>", "P1", "0000"]', "INC-1&lt;!channel&gt; has no plan 'P1'."),
    ],
)
async def test_an_edited_button_decides_nothing(
    asking: Desk, maya: Person, value: str, answer: str
) -> None:
    forged = {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": ids.APPROVE,
                "text": {"type": "plain_text", "text": "Forged"},
                **({"value": value} if value else {}),
            }
        ],
    }
    await asking.client.chat_postMessage(channel=CHANNEL, text="forged", blocks=[forged])
    message = await maya.wait_for(lambda m: any(b.text == "Forged" for b in m.buttons))
    await maya.click(message, "Forged")
    await whispered(maya, answer)
    assert await status(asking) is PlanStatus.AWAITING


async def test_a_button_of_another_release_is_answered(asking: Desk, maya: Person) -> None:
    old = {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "of_another_release",
                "text": {"type": "plain_text", "text": "Old"},
            }
        ],
    }
    await asking.client.chat_postMessage(channel=CHANNEL, text="old", blocks=[old])
    message = await maya.wait_for(lambda m: any(b.text == "Old" for b in m.buttons))
    await maya.click(message, "Old")
    await whispered(maya, "I don't know this button.")


async def said(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks))


async def test_a_question_in_the_thread_is_about_that_incident(asking: Desk, maya: Person) -> None:
    asked = await approval(maya)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=asked.thread_ts)
    answer = await said(maya, "Not known: Why replica-2 lags.")
    assert answer.thread_ts == asked.thread_ts
    text = answer.blocks[0]["text"]["text"]
    assert text.startswith(
        "ETL job 'daily_revenue_aggregation' failed (exit code 1): replica-2 is 2.3 h behind"
        " (limit 30 min), so reads time out. A fix waits for @data-oncall until 02:02."
        " Confidence high. Not known: Why replica-2 lags. Evidence: "
    )


async def test_a_question_in_the_channel_is_answered_in_its_own_thread(
    asking: Desk, maya: Person
) -> None:
    ts = await maya.say(CHANNEL, "@opsbot why is etl failing")
    answer = await said(maya, "A fix waits for @data-oncall")
    assert answer.thread_ts == ts


async def test_several_matches_are_named_and_none_is_said_to_be_none(
    asking: Desk, maya: Person
) -> None:
    other = alert(title="ETL job 'orders' <!channel> failed", fingerprint="fp-2")
    await asking.happens(story.opened(**other.model_dump()), incident="INC-2")
    await maya.say(CHANNEL, "@opsbot why is etl failing")
    which = await said(maya, "Which one?")
    assert "INC-1" in str(which.blocks)
    assert "INC-2: ETL job 'orders' &lt;!channel&gt; failed" in str(which.blocks)
    ts = await maya.say(CHANNEL, "@opsbot how is the coffee machine")
    nothing = await said(maya, "No incident matches that.")
    assert nothing.thread_ts == ts
    await maya.say(CHANNEL, "@opsbot and inc-2 ?")
    await said(maya, "I am still investigating")


async def test_a_direct_message_is_answered_there(asking: Desk, maya: Person) -> None:
    place = await maya.open_messages()
    await maya.say(place, "why is etl failing")
    answer = await said(maya, "A fix waits for @data-oncall")
    assert answer.channel == place


async def test_what_people_say_to_each_other_is_theirs(asking: Desk, maya: Person) -> None:
    asked = await approval(maya)
    before = len(await maya.messages())
    await maya.say(CHANNEL, "why is etl failing?", thread_ts=asked.thread_ts)
    await maya.say(CHANNEL, "yes, approve it", thread_ts=asked.thread_ts)
    await asking.happens(story.voided("expired"))
    await maya.wait_for(lambda m: "Check again and ask" in str(m.blocks))
    assert len(await maya.messages()) == before + 2
    assert await status(asking) is PlanStatus.VOID


async def test_where_an_ephemeral_cant_be_delivered_it_is_a_direct_message(
    asking: Desk, slack: LocalSlack
) -> None:
    async with Person(slack.page_url, "sam") as sam:
        asked = await approval(sam)
        slack.throttle("chat.postEphemeral", seconds=1, times=10)
        await sam.click(asked, "Approve")
        told = await sam.wait_for(lambda m: "You can't approve this" in m.text)
        assert not told.ephemeral
        assert told.channel.startswith("D")


async def test_with_the_store_down_everyone_is_told_so_and_nothing_is_decided(
    asking: Desk,
    maya: Person,
    valkey: EmbeddedValkey,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = await approval(maya)
    caplog.set_level(logging.ERROR)
    valkey.kill()
    try:
        await maya.click(asked, "Approve")
        await maya.say(CHANNEL, "@opsbot why is etl failing")
        told = await maya.wait_for(
            lambda m: m.ephemeral and "That didn't work, nothing was changed." in m.text, 40
        )
        assert "Traceback" not in told.text
        away = await maya.wait_for(lambda m: "I can't look that up right now" in m.text, 40)
        assert "Error" not in away.text
    finally:
        await valkey.start()
    assert await status(asking) is PlanStatus.AWAITING
    await maya.click(asked, "Approve")
    await maya.wait_for(lambda m: "Approved by Maya" in str(m.blocks), 20)


async def test_a_click_a_second_early_counts_and_a_second_late_does_not(
    asking: Desk, maya: Person
) -> None:
    asked = await approval(maya)
    asking.now = story.at(902) + timedelta(seconds=1)
    await maya.click(asked, "Approve")
    await whispered(maya, "Expired 02:02. Nothing ran.")
    assert await status(asking) is PlanStatus.AWAITING
    asking.now = story.at(902) - timedelta(seconds=1)
    await maya.click(asked, "Approve")
    await maya.wait_for(lambda m: "Approved by Maya" in str(m.blocks))


async def test_what_is_recorded_and_not_confirmed_is_not_told_as_undone(
    asking: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: object) -> bool:
        return False

    asked = await approval(maya)
    monkeypatch.setattr("bot.adapters.redis_ledger.on_disk", never)
    monkeypatch.setattr(asking.ledger, "_sync", True)
    await maya.click(asked, "Approve")
    told = await maya.wait_for(lambda m: m.ephemeral and "didn't confirm" in m.text)
    assert told.text.startswith("It is recorded and counts")
    assert (await asking.ledger.load("INC-1")).fixes[0].decided_by is not None
