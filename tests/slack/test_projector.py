"""Slack ends up as the ledger says: each message once, in order, whatever dies or refuses."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bot.domain import crashpoints
from bot.sandbox.slack import LocalSlack
from bot.sandbox.slack.checks import blocks
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.web_api import endpoint
from bot.slack.posting import messages
from bot.slack.posting.rates import POST, NotYetError
from bot.slack.slots import Slot
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk, Message
from tests.slack.scenes import (
    MAYA,
    WORK,
    approved,
    begun,
    called,
    diagnosed,
    noted,
    opened,
    proposed,
    reported,
    resolved,
)

ASKED = ["card", "investigation", "diagnosis", "approval:P1"]


async def open_and_ask(desk: Desk, incident: str = "INC-1") -> None:
    await desk.happens(opened(fingerprint=incident), incident=incident)
    await desk.ledger.note(incident, *WORK)
    await desk.happens(diagnosed(), proposed(), incident=incident)


def words(message: Message) -> str:
    return str(message["blocks"])


@pytest.mark.usefixtures("hurried")
async def test_messages_are_posted_once_in_order_and_then_edited_in_place(desk: Desk) -> None:
    await open_and_ask(desk)
    desk.project()
    await desk.settled()
    before = await desk.thread()
    assert await desk.posted() == ASKED
    await desk.happens(approved(), story.started(0))
    await desk.settled()
    after = await desk.thread()
    assert await desk.posted() == [*ASKED, "execution:P1"]
    assert [m["ts"] for m in after[:4]] == [m["ts"] for m in before]
    assert "[Approve]" not in words(after[3])
    assert "Running 1 of 2 · approved by Maya" in words(after[3])
    assert "Fixing" in words(after[0])


@pytest.mark.usefixtures("hurried")
async def test_the_card_links_to_the_approval_once_it_is_there(desk: Desk) -> None:
    await open_and_ask(desk)
    desk.project()

    async def linked() -> bool:
        thread = await desk.thread()
        return bool(thread) and "Review fix" in words(thread[0])

    await until(linked)
    approval = (await desk.slots.all("INC-1"))["approval:P1"]
    assert f"/p{approval.ts.replace('.', '')}" in words((await desk.thread())[0])


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("point", ["S1", "S2"])
@pytest.mark.parametrize("message", range(4))
async def test_killed_around_a_post_nothing_is_doubled_and_nothing_lost(
    desk: Desk, point: str, message: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_and_ask(desk)
    reached = itertools.count()

    def die(name: str) -> None:
        if name == point and next(reached) == message:
            raise Killed

    monkeypatch.setattr(crashpoints, "_reached", [die])

    async def dies() -> bool:
        try:
            await desk.projector.project("INC-1")
        except Killed:
            return True
        except Exception:
            return False
        return False

    await until(dies)
    desk.project()
    await desk.settled()
    assert await desk.posted() == ASKED
    assert Counter(await desk.posted()).most_common(1)[0][1] == 1


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_where_slack_asks_to_slow_down_it_waits_and_loses_nothing(
    desk: Desk, slack: LocalSlack, method: str
) -> None:
    await open_and_ask(desk)
    slack.throttle(method, seconds=1, times=2)
    desk.project()
    await desk.settled()
    await desk.happens(approved(), story.started(0))
    await desk.settled()
    assert await desk.posted() == [*ASKED, "execution:P1"]
    refused = [c for c in slack.calls if c.method == method and c.error == "ratelimited"]
    assert len(refused) == 2


@pytest.mark.usefixtures("hurried")
async def test_after_an_outage_it_shows_what_matters_now_not_every_line_it_missed(
    desk: Desk, slack: LocalSlack
) -> None:
    await open_and_ask(desk)
    desk.project()
    await desk.settled()
    slack.outage(True)
    await desk.happens(approved(), story.started(0))
    for number in range(20):
        await desk.ledger.note("INC-1", noted(f"look {number}"))
    await desk.happens(story.finished(0), story.verified(0))

    async def refused() -> bool:
        return any(c.error and c.method.startswith("chat.") for c in slack.calls)

    await until(refused)
    edits = len(desk.calls("chat.update"))
    slack.outage(False)
    await desk.settled()
    assert await desk.posted() == [*ASKED, "execution:P1", "monitor:P1"]
    assert "look 19" in words((await desk.thread())[-1])
    assert len(desk.calls("chat.update")) - edits <= 4


async def test_a_channel_gets_one_message_a_second_however_many_incidents(
    desk: Desk, slack: LocalSlack
) -> None:
    slack.enforce_rates(True)
    for incident in ("INC-1", "INC-2", "INC-3"):
        await desk.happens(opened(fingerprint=incident), incident=incident)
        await desk.ledger.note(incident, *WORK)
    desk.project()
    await desk.settled()
    posts = desk.calls("chat.postMessage")
    assert len(posts) == 6
    # The pause begins when Slack is called, and the answer may be the faster one by a hair.
    assert min(b - a for a, b in itertools.pairwise(posts)) > 0.9
    assert not [c for c in slack.calls if c.error == "ratelimited"]


async def test_edits_rest_three_seconds_unless_the_state_changes(
    desk: Desk, slack: LocalSlack
) -> None:
    await desk.happens(opened())
    for check in WORK[:1]:
        await desk.ledger.note("INC-1", check)
    desk.project()
    await desk.settled()
    for work in WORK[1:4]:
        await desk.ledger.note("INC-1", work)

    async def edited() -> bool:
        return len(desk.calls("chat.update")) == 1

    await until(edited)
    await desk.ledger.note("INC-1", *WORK[4:])
    await desk.settled()
    investigation = (await desk.slots.all("INC-1"))["investigation"].ts
    updates = [c for c in slack.calls if c.method == "chat.update"]
    edits = [call.at for call in updates if call.body["ts"] == investigation]
    assert len(edits) == 2
    assert edits[1] - edits[0] > 2.9
    await desk.happens(diagnosed())
    await until(lambda: _shows(desk, investigation, "Investigated"), 2.5)


async def _shows(desk: Desk, ts: str, text: str) -> bool:
    return any(m["ts"] == ts and text in words(m) for m in await desk.thread())


async def test_a_state_is_shown_within_seconds_while_200_incidents_are_busy(
    desk: Desk, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "POST", POST.model_copy(update={"seconds": 0.001}))
    slack.enforce_rates(False)
    busy = [f"INC-{number}" for number in range(1, 201)]
    monkeypatch.setattr("bot.domain.storm.MANY", len(busy) + 1)
    for incident in busy:
        await desk.happens(opened(fingerprint=incident), incident=incident)
        await desk.ledger.note(incident, WORK[0])
    desk.project()
    await desk.settled(60)

    async def work() -> None:
        for turn in itertools.count():
            for incident in busy:
                await desk.ledger.note(incident, begun(f"c{turn}", f"check {turn}"))
                await asyncio.sleep(0.01)

    working = asyncio.create_task(work())
    await asyncio.sleep(4)
    chosen = "INC-117"
    ts = (await desk.slots.all(chosen))["investigation"].ts
    await desk.happens(diagnosed(), incident=chosen)
    began = time.time()

    def shown_at() -> float | None:
        done = [c for c in slack.calls if c.body.get("ts") == ts and "Investigated" in str(c.body)]
        return done[0].at if done else None

    async def shown() -> bool:
        return shown_at() is not None

    await until(shown, 30)
    working.cancel()
    edits = desk.calls("chat.update")
    # A burst of what changes a state, and all else one after the other.
    assert len(edits) <= 10 + (edits[-1] - edits[0]) / 2 + 1
    assert (shown_at() or 0) - began < 10


async def test_a_429_pauses_every_replica_and_is_not_tried_by_each(
    desk: Desk, slack: LocalSlack, redis: Redis
) -> None:
    other = Desk(slack, redis)
    for number in range(1, 5):
        await desk.happens(opened(fingerprint=f"INC-{number}"), incident=f"INC-{number}")
    slack.throttle("chat.postMessage", seconds=3, times=1)
    desk.project()
    other.project()
    try:
        await desk.settled()
    finally:
        await other.close()
    posts = [c for c in slack.calls if c.method == "chat.postMessage"]
    assert [c.error for c in posts] == ["ratelimited", None, None, None, None]
    assert posts[1].at - posts[0].at > 2.9


@pytest.mark.usefixtures("hurried")
async def test_an_hour_without_slack_ends_in_what_still_matters(
    desk: Desk, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.domain.storm.MANY", 21)
    monkeypatch.setattr("bot.slack.projection.projector._BACK_OFF_MOST_SECONDS", 2.0)
    slack.outage(True)
    desk.project()
    names = [f"INC-{number}" for number in range(1, 21)]
    # What happened in that hour to each fourth of them.
    hour: list[list[Any]] = [
        [diagnosed(), proposed(), approved(), *story.done(0), *story.done(1), story.recovered(),
         *resolved(), reported()],
        [diagnosed(), called("the cause is not known"), *resolved(), reported()],
        [diagnosed(), proposed(), story.voided("expired"), called("nobody decided", "P1")],
        [diagnosed(), called("the cause is not known"), called("nobody reacted")],
    ]  # fmt: skip
    for incident in names:
        await desk.happens(opened(fingerprint=incident), incident=incident)
        await desk.ledger.note(incident, *WORK)

    async def refused() -> bool:
        return len([c for c in slack.calls if c.error == "service_unavailable"]) > 20

    await until(refused)
    for number, incident in enumerate(names):
        await desk.happens(*hour[number % 4], incident=incident)
    slack.outage(False)
    await desk.settled(60)
    first = ["card", "investigation", "diagnosis"]
    wanted = [
        [*first, "execution:P1", "monitor:P1", "report"],
        [*first, "report"],
        [*first, "approval:P1", "escalation:1"],
        [*first, "escalation:2"],
    ]
    for number, incident in enumerate(names):
        assert await desk.posted(incident) == wanted[number % 4], incident
    card, *_, expired, call = await desk.thread("INC-3")
    assert "[Approve]" not in words(expired)
    assert "Expired 02:02. Nothing ran." in words(expired)
    assert "nobody decided" in words(call)
    assert "Needs a person" in words(card)
    assert "nobody reacted" in words((await desk.thread("INC-4"))[-1])


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("fault", ["is_archived", "not_in_channel"])
async def test_a_channel_that_takes_nothing_is_told_once_and_not_tried_over_and_over(
    desk: Desk, slack: LocalSlack, fault: str, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.slack.projection.reconciler._CLOSED_SECONDS", 2.0)
    monkeypatch.setattr("bot.slack.projection.projector._CLOSED_SECONDS", 2.0)
    place = slack.state.directory.conversations[CHANNEL]
    bot = slack.workspace.app.user
    if fault == "is_archived":
        place.is_archived = True
    else:
        place.members.remove(bot)
    for number in range(1, 5):
        await desk.happens(opened(fingerprint=f"INC-{number}"), incident=f"INC-{number}")
    desk.project()
    await until(desk.projector.trouble)
    await asyncio.sleep(1)
    told = await desk.projector.trouble()
    assert told is not None
    assert CHANNEL in told
    assert ("unarchive it" in told) == (fault == "is_archived")
    assert ("/invite @opsbot" in told) == (fault == "not_in_channel")
    assert len([c for c in slack.calls if c.error == fault]) <= 4
    lines = [r for r in caplog.records if "nothing can be said in Slack" in r.getMessage()]
    assert len(lines) == 1
    place.is_archived = False
    if bot not in place.members:
        place.members.append(bot)
    await desk.settled()
    assert await desk.projector.trouble() is None
    assert [await desk.posted(f"INC-{n}") for n in range(1, 5)] == [["card"]] * 4


@pytest.mark.usefixtures("hurried")
async def test_a_person_who_can_not_be_written_to_keeps_nothing_from_the_others(
    desk: Desk, slack: LocalSlack
) -> None:
    await desk.happens(opened(), called("why").model_copy(update={"to": ("U0NOBODY01", MAYA)}))
    desk.project()
    await desk.settled()
    assert await desk.posted() == ["card", "escalation:1"]
    slots = await desk.slots.all("INC-1")
    assert slots["escalation:1:U0NOBODY01"].status == "refused"
    assert slots[f"escalation:1:{MAYA}"].status == "posted"


@pytest.mark.usefixtures("hurried")
async def test_where_slack_takes_no_plan_block_it_is_written_out_from_then_on(
    desk: Desk, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(blocks._CHECKS, "plan")
    for incident in ("INC-1", "INC-2"):
        await open_and_ask(desk, incident)
        if incident == "INC-1":
            desk.project()
        await desk.settled()
        assert await desk.posted(incident) == ASKED
        assert "Investigated, 3 of 3" in words((await desk.thread(incident))[1])
    assert len([c for c in slack.calls if c.error == "invalid_blocks"]) == 1


@pytest.mark.usefixtures("hurried")
async def test_a_message_that_slack_refuses_keeps_no_call_for_a_person_back(
    desk: Desk, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Slot(id="diagnosis", text="bad", blocks=({"type": "section"},))
    monkeypatch.setattr("bot.slack.views.thread.diagnoses", lambda _: [bad])
    await desk.happens(opened(), diagnosed(), called("the cause is not known"))
    desk.project()

    async def rang() -> bool:
        return "escalation:1" in await desk.posted()

    await until(rang)
    assert "diagnosis" not in await desk.posted()


async def test_what_slack_refused_is_still_told_while_other_messages_wait_their_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Slot(id="diagnosis", text="bad", blocks=({"type": "section"},))
    monkeypatch.setattr("bot.slack.views.thread.diagnoses", lambda _: [bad])
    monkeypatch.setattr("bot.slack.projection.projector._UNSHOWN_SECONDS", 0)
    await desk.happens(opened(), diagnosed())
    desk.project()

    async def told() -> bool:
        return await desk.projector.trouble() == "INC-1 can't be shown"

    await until(told)
    waited = asyncio.Event()

    async def waits(_: str) -> None:
        waited.set()
        raise NotYetError(0.1)

    monkeypatch.setattr(desk.projector, "project", waits)
    async with asyncio.timeout(20):
        await waited.wait()
        waited.clear()
        await waited.wait()
    assert await told()


@pytest.mark.usefixtures("hurried")
async def test_a_post_whose_answer_was_cut_off_is_not_sent_twice(
    desk: Desk, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = iter([True])

    async def cut_off(state: SlackState, request: web.Request) -> web.Response:
        answer = await endpoint.answer(state, request)
        posts = request.path.endswith("/chat.postMessage")
        if posts and next(cut, False) and request.transport:
            request.transport.close()
        return answer

    monkeypatch.setattr("bot.sandbox.slack.server.answer", cut_off)
    await desk.happens(opened())
    desk.project()
    await desk.settled()
    assert len(slack.state.history.in_channel(CHANNEL)) == 1


@pytest.mark.usefixtures("hurried")
async def test_a_message_deleted_in_slack_holds_nothing_up(desk: Desk) -> None:
    await open_and_ask(desk)
    desk.project()
    await desk.settled()
    for slot in ("diagnosis", "approval:P1"):
        gone = (await desk.slots.all("INC-1"))[slot]
        await desk.client.chat_delete(channel=CHANNEL, ts=gone.ts)
    await desk.happens(approved(), story.started(0))
    await desk.settled()
    assert await desk.posted() == ["card", "investigation", "execution:P1"]


@pytest.mark.usefixtures("hurried")
async def test_a_card_deleted_with_its_thread_gets_another(desk: Desk) -> None:
    await desk.happens(opened())
    desk.project()
    await desk.settled()
    card = (await desk.slots.all("INC-1"))["card"]
    await desk.client.chat_delete(channel=CHANNEL, ts=card.ts)
    await desk.happens(called("the cause is not known"))
    await desk.settled()
    assert await desk.posted() == ["card", "escalation:1"]
    assert (await desk.slots.all("INC-1"))["card"].ts != card.ts


@pytest.mark.usefixtures("hurried")
async def test_two_projectors_at_once_post_each_message_once(
    desk: Desk, slack: LocalSlack, redis: Redis
) -> None:
    other = Desk(slack, redis)
    desk.project()
    other.project()
    try:
        for number in range(1, 5):
            await open_and_ask(desk, f"INC-{number}")
        await desk.settled()
    finally:
        await other.close()
    for number in range(1, 5):
        assert await desk.posted(f"INC-{number}") == ASKED


@pytest.mark.invariant(24)
async def test_a_thread_that_cannot_be_shown_is_told_to_whoever_watches_opsbot(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[object]:
        raise RuntimeError("a defect")

    monkeypatch.setattr("bot.slack.projection.projector._UNSHOWN_SECONDS", 0.0)
    monkeypatch.setattr("bot.slack.projection.projector._BACK_OFF_SECONDS", 0.1)
    assert await desk.projector.trouble() is None
    with monkeypatch.context() as defect:
        defect.setattr("bot.slack.projection.threads.thread", broken)
        await desk.happens(opened())
        desk.project()
        await until(desk.projector.trouble)
        assert await desk.projector.trouble() == "INC-1 can't be shown"

    async def well() -> bool:
        return await desk.projector.trouble() is None

    await until(well)


@pytest.mark.parametrize("part", ["projector", "homes"])
async def test_cancelled_it_ends_though_the_feed_breaks_at_that_very_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    listening, cut = asyncio.Event(), asyncio.Event()

    async def wakes() -> AsyncIterator[str]:
        listening.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if cut.is_set():
                raise
            cut.set()
            raise ConnectionError("reset by peer") from None
        yield ""

    monkeypatch.setattr(desk.ledger, "wakes", wakes)
    running = asyncio.create_task(getattr(desk, part).run())
    await listening.wait()
    running.cancel()
    ended, _ = await asyncio.wait([running], timeout=10)
    assert cut.is_set()
    assert ended
