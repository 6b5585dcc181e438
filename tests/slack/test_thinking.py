"""An answer that takes thought: a stream or a plain message, stopped, cut off, taken over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain import events as e
from bot.incidents.question import Question
from bot.sandbox.slack import LocalSlack, Person, SeenMessage
from bot.slack.talk import bubble
from bot.slack.views.thinking import CUT_OFF
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, WORK, diagnosed, opened, proposed
from tools.kit.types import Evidence

pytestmark = pytest.mark.usefixtures("hurried", "hasty")
WHY = "replica-2 lags <!channel> behind since 01:20."


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the workspace's pauses between streams, for tests that are not about them."""
    for name in ("STREAM_START", "STREAM_APPEND", "STREAM_STOP"):
        rate = getattr(bubble, name)
        monkeypatch.setattr(bubble, name, rate.model_copy(update={"seconds": 0.01}))


@pytest.fixture
async def desk(slack: LocalSlack, redis: Redis) -> AsyncIterator[Desk]:
    made = Desk(slack, redis, model=True)
    await made.happens(opened())
    await made.ledger.note("INC-1", *WORK)
    await made.happens(diagnosed(), proposed())
    yield made
    await made.close()


async def said(person: Person, words: str) -> SeenMessage:
    return await person.wait_for(lambda m: bool(m.bot_id) and words in str(m.blocks), 15)


async def root(desk: Desk) -> str:
    await desk.settled()
    return (await desk.slots.all("INC-1"))["card"].ts


def looks(question: Question, number: int, done: bool) -> e.WorkEvent:
    """One look of the worker, as it begins or as it ends."""
    given: dict[str, Any] = {
        "at": story.at(9),
        "actor": "opsbot",
        "check": f"ask-{question.id}/t{number}",
        "title": f"Logs <{number}>",
    }
    if not done:
        return e.CheckStarted(**given)
    seen = Evidence(tool="query_logs", query="q", summary="3 lines")
    more = {"id": given["check"], "finding": f"3 lines {number}", "evidence": seen}
    return e.EvidenceRecorded(**given, **more)


async def answering(desk: Desk, gate: asyncio.Event | None = None, text: str = WHY) -> None:
    """A worker that looks twice, waits for the gate, and answers."""

    async def think(question: Question) -> str:
        stream = question.incident or f"ASK-{question.id}"
        for number in (1, 2):
            await desk.ledger.note(stream, looks(question, number, False))
            if number == 1:
                await desk.ledger.note(stream, looks(question, 1, True))
        if gate:
            await gate.wait()
        return text

    desk.bench.think = think
    await desk.connect()


async def none_pending(desk: Desk) -> bool:
    return not await desk.questions.pending()


async def is_at(person: Person, status: str) -> bool:
    return [s["status"] for s in await person.sessions(CHANNEL)] == [status]


def once(messages: list[SeenMessage], words: str) -> None:
    assert sum(words in str(m.blocks) for m in messages) == 1


async def test_the_answer_grows_as_a_stream_and_stands_there_once(
    desk: Desk, maya: Person, slack: LocalSlack
) -> None:
    gate = asyncio.Event()
    await answering(desk, gate)
    thread = await root(desk)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=thread)
    growing = await said(maya, "3 lines 1")
    assert "Logs ‹2›" in str(growing.blocks)
    [session] = await maya.sessions(CHANNEL)
    assert session["status"] == "processing"
    gate.set()
    last = await said(maya, "replica-2 lags &lt;!channel&gt; behind")
    assert last.ts == growing.ts
    await desk.settled()
    once(await maya.messages(), "replica-2 lags &lt;")
    assert "feedback_buttons" in str(last.blocks)
    assert len(desk.calls("chat.stopStream")) == 1
    kept = [w for w in await desk.ledger.work("INC-1") if isinstance(w, e.QuestionAnswered)]
    assert [(w.actor, w.thread_ts) for w in kept] == [(MAYA, thread)]
    await until(lambda: is_at(maya, "active"))


async def test_where_the_server_knows_no_streams_a_plain_message_says_the_same(
    desk: Desk, maya: Person, slack: LocalSlack
) -> None:
    slack.forget("chat.startStream", "agents.sessions.setStatus", "assistant.threads.setStatus")
    gate = asyncio.Event()
    await answering(desk, gate)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=await root(desk))
    growing = await said(maya, "3 lines 1")
    gate.set()
    last = await said(maya, "replica-2 lags &lt;!channel&gt; behind")
    assert last.ts == growing.ts
    await desk.settled()
    once(await maya.messages(), "replica-2 lags &lt;")
    await maya.say(CHANNEL, "@opsbot and why is that?", thread_ts=last.thread_ts)
    await desk.settled()
    assert len([c for c in slack.calls if c.method == "chat.startStream"]) == 1


@pytest.mark.parametrize("fault", ["dies", "is stopped by Slack", "can't be ended"])
async def test_a_stream_that_fails_leaves_the_last_words_in_its_own_message(
    desk: Desk, maya: Person, slack: LocalSlack, fault: str
) -> None:
    if fault == "dies":
        slack.state.streams.lifetime = 0.5
    gate = asyncio.Event()
    await answering(desk, gate)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=await root(desk))
    growing = await said(maya, "3 lines 1")
    if fault == "is stopped by Slack":
        slack.state.streams.stop(CHANNEL, str(growing.thread_ts))
    if fault == "can't be ended":
        slack.throttle("chat.stopStream", seconds=1, times=5)
        slack.state.streams.lifetime = 2
    await asyncio.sleep(0.8)
    gate.set()
    last = await maya.wait_for(lambda m: "replica-2 lags &lt;" in str(m.blocks), 30)
    assert last.ts == growing.ts
    await desk.settled()
    once(await maya.messages(), "replica-2 lags &lt;")


async def test_before_slack_ends_it_a_stream_goes_on_in_another(
    desk: Desk, maya: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubble, "ROLL_SECONDS", 0.7)
    gate = asyncio.Event()
    await answering(desk, gate)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=await root(desk))
    first = await said(maya, "3 lines 1")
    await said(maya, "This goes on in my next message.")
    second = await maya.wait_for(
        lambda m: m.ts > first.ts and "Logs ‹2›" in str(m.blocks) and "3 lines" not in str(m.blocks)
    )
    gate.set()
    last = await said(maya, "replica-2 lags &lt;")
    assert last.ts >= second.ts
    once(await maya.messages(), "replica-2 lags &lt;")


async def test_the_stop_button_ends_the_thinking_and_says_who_pressed_it(
    desk: Desk, maya: Person
) -> None:
    await answering(desk, asyncio.Event())
    thread = await root(desk)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=thread)
    growing = await said(maya, "3 lines 1")
    await maya.stop(CHANNEL, thread)
    last = await said(maya, "Stopped by Maya. Nothing was changed.")
    assert last.ts == growing.ts
    await until(lambda: is_at(maya, "closed"))
    await until(lambda: none_pending(desk))
    assert await desk.questions.stopped(desk.bench.asked[0].id) == MAYA
    assert await desk.controls.stopped() == {}, "the fix that waits is not what was stopped"


async def test_a_stop_that_is_said_stops_the_acting_as_well_where_a_fix_waits(
    desk: Desk, maya: Person
) -> None:
    await answering(desk, asyncio.Event())
    thread = await root(desk)
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=thread)
    await said(maya, "3 lines 1")
    await maya.say(CHANNEL, "@opsbot stop", thread_ts=thread)
    await said(maya, "Stopped by Maya. Nothing was changed.")
    await said(maya, "*INC-1 is stopped*, by Maya")


async def test_only_the_thinking_is_stopped_where_nothing_could_act(
    slack: LocalSlack, redis: Redis, maya: Person
) -> None:
    desk = Desk(slack, redis, model=True)
    try:
        await desk.happens(opened())
        await answering(desk, asyncio.Event())
        thread = await root(desk)
        await maya.say(CHANNEL, "@opsbot why?", thread_ts=thread)
        await said(maya, "3 lines 1")
        await maya.say(CHANNEL, "@opsbot stop", thread_ts=thread)
        await said(maya, "Stopped by Maya. Nothing was changed.")
        assert await desk.controls.stopped() == {}
    finally:
        await desk.close()


@pytest.mark.parametrize("native", [True, False])
async def test_another_process_takes_over_the_message_of_one_that_died(
    slack: LocalSlack, redis: Redis, maya: Person, native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.talk.thinker._LEASE_SECONDS", 1.0)
    if not native:
        slack.forget("chat.startStream")
    first = Desk(slack, redis, model=True)
    second = Desk(slack, redis, model=True)
    try:
        await first.happens(opened(), diagnosed())
        await answering(first, asyncio.Event())
        await maya.say(CHANNEL, "@opsbot why?", thread_ts=await root(first))
        growing = await said(maya, "3 lines 1")
        await first.close()
        await first.questions.answer(first.bench.asked[0].id, WHY)
        second.project()
        last = await maya.wait_for(lambda m: "replica-2 lags &lt;" in str(m.blocks), 30)
        assert last.ts == growing.ts
        await second.settled()
        once(await maya.messages(), "replica-2 lags &lt;")
    finally:
        await second.close()


async def test_facts_of_record_are_not_thought_about(desk: Desk, maya: Person) -> None:
    await answering(desk)
    await maya.say(CHANNEL, "@opsbot who approved it?", thread_ts=await root(desk))
    await said(maya, "Nobody yet")
    assert desk.bench.asked == []


async def test_a_model_that_is_away_leaves_the_answer_to_the_ledger(
    desk: Desk, maya: Person
) -> None:
    await answering(desk, text="")
    await maya.say(CHANNEL, "@opsbot why?", thread_ts=await root(desk))
    await said(maya, "Confidence high.")


async def test_an_answer_that_never_comes_is_said_to_be_cut_off(
    slack: LocalSlack, redis: Redis, maya: Person
) -> None:
    desk = Desk(slack, redis, patience=1.0)
    try:
        await desk.connect()
        ts = await maya.say(CHANNEL, "@opsbot are the lamps ok?")
        last = await said(maya, CUT_OFF)
        assert last.thread_ts == ts
        assert [b.text for b in last.buttons] == []
        await until(lambda: none_pending(desk))
    finally:
        await desk.close()
