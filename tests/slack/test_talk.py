"""Talking with opsbot where no model is set: which incident, follow-ups, who may be told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import Channel, LocalSlack, Person, SeenMessage, Workspace
from bot.sandbox.slack.manifest import shipped_app
from bot.slack import ids
from bot.slack.views.answers.reply import NO_MODEL
from bot.slack.views.text import heard
from bot.slack.views.which import Choice
from tests.fakes import story
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import DEV, MAYA, WORK, alert, diagnosed, opened, proposed
from tools.changes.port import Change

pytestmark = pytest.mark.usefixtures("hurried")
PRIVATE = "G0SECRETWA"


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    """A desk whose INC-1 waits for approval."""
    await desk.happens(opened())
    await desk.ledger.note("INC-1", *WORK)
    await desk.happens(diagnosed(), proposed())
    await desk.connect()
    await desk.settled()
    return desk


async def said(person: Person, words: str, channel: str | None = None) -> SeenMessage:
    return await person.wait_for(
        lambda m: bool(m.bot_id) and words in str(m.blocks), channel=channel
    )


async def root(desk: Desk, incident: str = "INC-1") -> str:
    return (await desk.slots.all(incident))["card"].ts


async def another(desk: Desk, number: int, title: str = "", service: str = "etl") -> None:
    what = alert(
        title=title or f"ETL job 'orders_{number}' failed",
        fingerprint=f"fp-{number}",
        service=service,
        labels={},
    )
    await desk.happens(story.opened(**what.model_dump()), incident=f"INC-{number}")
    await desk.settled()


async def test_the_answer_links_evidence_and_card_and_says_once_what_it_rests_on(
    asking: Desk, maya: Person
) -> None:
    ts = await maya.say(CHANNEL, "@opsbot why is etl failing")
    first = await said(maya, "Confidence high.")
    card = await asking.client.chat_getPermalink(channel=CHANNEL, message_ts=await root(asking))
    assert f"→ <{card['permalink']}|INC-1>" in str(first.blocks)
    assert NO_MODEL in str(first.blocks)
    await maya.say(CHANNEL, "@opsbot who approved it?", thread_ts=ts)
    second = await said(maya, "Nobody yet")
    assert second.thread_ts == ts
    assert NO_MODEL not in str(second.blocks)


async def test_a_follow_up_needs_no_id(asking: Desk, maya: Person) -> None:
    await another(asking, 2, "checkout is slow", "checkout")
    ts = await maya.say(CHANNEL, "@opsbot how long is checkout down?")
    await said(maya, "so far, since 01:47. How much")
    await maya.say(CHANNEL, "@opsbot and why?", thread_ts=ts)
    assert (await said(maya, "checkout is slow at 01:47. I am still")).thread_ts == ts
    await maya.say(CHANNEL, "@opsbot and inc-1, what's the plan", thread_ts=ts)
    await said(maya, "Proposed (")
    await maya.say(CHANNEL, "@opsbot is it safe?", thread_ts=ts)
    await said(maya, "Nothing ran yet.")


async def test_what_changed_is_read_when_it_is_asked(asking: Desk, maya: Person) -> None:
    asking.feed.known.append(
        Change(at=story.at(-300), text="v42 <!channel>", services=("etl",), kind="deploy", by="ci")
    )
    await maya.say(CHANNEL, "@opsbot what changed around etl?")
    answer = await said(maya, "01:42 deploy of etl by ci: v42 &lt;!channel&gt;")
    assert "recent changes" in str(answer.blocks)
    assert asking.feed.asked[-1].services == ("etl",)
    assert (asking.feed.asked[-1].end - asking.feed.asked[-1].start).total_seconds() >= 7200


async def test_a_crowd_that_asks_reads_the_source_once(asking: Desk, maya: Person) -> None:
    for _ in range(3):
        ts = await maya.say(CHANNEL, "@opsbot what changed around etl?")
        answer = await maya.wait_for(lambda m, ts=ts: m.thread_ts == ts)  # type: ignore[misc]
        assert "Nothing, as far as " in str(answer.blocks)
    assert len(asking.feed.asked) == 1


async def test_without_a_source_of_changes_it_says_so(
    slack: LocalSlack, redis: Redis, maya: Person
) -> None:
    desk = Desk(slack, redis, changes=False)
    try:
        await desk.happens(opened())
        await desk.connect()
        await desk.settled()
        await maya.say(CHANNEL, "@opsbot what changed?", thread_ts=await root(desk))
        await said(maya, "I can't see changes: no source of them is configured.")
    finally:
        await desk.close()


async def test_a_few_that_fit_are_buttons_and_pressing_one_answers_in_the_thread(
    asking: Desk, maya: Person
) -> None:
    await another(asking, 2)
    ts = await maya.say(CHANNEL, "@opsbot why is etl failing")
    which = await said(maya, "Which one?")
    assert [Choice.unpack(b.value or "").incident for b in which.buttons if b.value] == [  # type: ignore[union-attr]
        "INC-2",
        "INC-1",
    ]
    await maya.click(which, which.buttons[0])
    answer = await said(maya, "ETL job 'orders_2' failed at 01:47. I am still investigating")
    assert answer.thread_ts == ts
    await maya.say(CHANNEL, "@opsbot since when?", thread_ts=ts)
    await said(maya, "so far, since 01:47.")
    kept = [w for w in await asking.ledger.work("INC-2") if w.type == "question.answered"]
    assert [w.actor for w in kept] == [MAYA, MAYA]


async def test_more_than_five_get_one_question(asking: Desk, maya: Person) -> None:
    for number in range(2, 7):
        await another(asking, number)
    await maya.say(CHANNEL, "@opsbot why is etl failing")
    which = await said(maya, "6 incidents fit that. Which service or job do you mean")
    assert which.buttons == []


async def test_a_question_that_names_nothing_is_about_what_is_open(
    asking: Desk, maya: Person
) -> None:
    await maya.say(CHANNEL, "@opsbot what are you doing now?")
    await said(maya, "Waiting. A fix waits for @data-oncall")


@pytest.mark.parametrize("value", ["", "x", '{"incident":"INC-1"}', '{"incident":1,"question":""}'])
async def test_a_forged_choice_is_no_choice(asking: Desk, maya: Person, value: str) -> None:
    forged = {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": f"{ids.WHICH}:0",
                "text": {"type": "plain_text", "text": "Forged"},
                **({"value": value} if value else {}),
            }
        ],
    }
    await asking.client.chat_postMessage(channel=CHANNEL, text="forged", blocks=[forged])
    message = await maya.wait_for(lambda m: any(b.text == "Forged" for b in m.buttons))
    await maya.click(message, "Forged")
    await maya.wait_for(lambda m: m.ephemeral and "not one of mine" in m.text)


@pytest.mark.parametrize("words", ["yes", "Yes, approve it!", "lgtm", "ok go ahead", "approve"])
async def test_a_yes_in_chat_never_approves(asking: Desk, maya: Person, words: str) -> None:
    await maya.say(CHANNEL, f"@opsbot {words}", thread_ts=await root(asking))
    answer = await said(maya, "A yes in chat approves nothing.")
    assert answer.text == heard(answer.text), "a phone shows links and marks as they stand"
    assert "until 02:02" in str(answer.blocks)
    fix = (await asking.ledger.load("INC-1")).fix
    assert fix is not None
    assert (fix.status, fix.decisions) == (PlanStatus.AWAITING, ())


@pytest.mark.parametrize("words", ["help", "hello", "Hi!", ""])
async def test_help_is_five_lines(asking: Desk, maya: Person, words: str) -> None:
    await maya.say(CHANNEL, f"@opsbot {words}")
    answer = await said(maya, "*Ask* about an incident")
    assert len(answer.blocks[0]["text"]["text"].split("\n")) == 5


@pytest.fixture
async def walled(redis: Redis) -> AsyncIterator[tuple[Desk, LocalSlack]]:
    """INC-1 stands in a private channel in which Maya and opsbot are, and Dev is not."""
    given = Workspace(app=shipped_app())
    wall = Channel(id=PRIVATE, name="secret", members=(MAYA, given.app.user), is_private=True)
    space = Workspace(app=given.app, channels=(*given.channels, wall))
    async with LocalSlack(space) as slack:
        desk = Desk(slack, redis, channel=PRIVATE)
        try:
            await desk.happens(opened(), diagnosed(), proposed())
            await desk.connect()
            await desk.settled()
            yield desk, slack
        finally:
            await desk.close()


async def test_in_a_direct_message_only_who_may_see_an_incident_is_told_of_it(
    walled: tuple[Desk, LocalSlack],
) -> None:
    desk, slack = walled
    async with Person(slack.page_url, "maya") as maya:
        await maya.say(await maya.open_messages(), "why is etl failing")
        await said(maya, "A fix waits for @data-oncall")
    async with Person(slack.page_url, "dev") as dev:
        place = await dev.open_messages()
        for words in ("why is etl failing", "INC-1?", "what are you doing", "yes"):
            ts = await dev.say(place, words)
            await dev.wait_for(lambda m, ts=ts: m.thread_ts == ts, channel=place)  # type: ignore[misc]
        seen = [m for m in await dev.messages(place) if m.bot_id]
        assert len(seen) == 4
        assert "daily_revenue" not in str([m.blocks for m in seen])
        assert sum("No incident matches" in str(m.blocks) for m in seen) == 3
    kept = [w for w in await desk.ledger.work("INC-1") if w.type == "question.answered"]
    assert DEV not in [w.actor for w in kept]


async def test_in_another_channel_a_private_incident_is_not_told(
    walled: tuple[Desk, LocalSlack],
) -> None:
    _, slack = walled
    async with Person(slack.page_url, "maya") as maya:
        await maya.say(CHANNEL, "@opsbot why is etl failing")
        await said(maya, "No incident matches that.", CHANNEL)


async def test_a_guest_is_told_of_nothing_in_a_direct_message(
    asking: Desk, slack: LocalSlack
) -> None:
    async with Person(slack.page_url, "guest") as guest:
        await guest.say(await guest.open_messages(), "why is etl failing")
        await said(guest, "No incident matches that.")


async def test_whoever_opens_the_messages_tab_is_shown_what_to_ask(
    asking: Desk, maya: Person, slack: LocalSlack
) -> None:
    await maya.open_messages()
    await maya.say(await maya.open_messages(), "help")
    await said(maya, "*Ask* about an incident")
    asked = [c for c in slack.calls if c.method == "assistant.threads.setSuggestedPrompts"]
    assert len(asked) == 2
    assert all(c.error is None for c in asked)
    assert all("thread_ts" not in c.body for c in asked)
