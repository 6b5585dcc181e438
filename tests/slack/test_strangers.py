"""Who is not to be told, or not to do: in other channels, from outside, by a button that was never
shown to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_talks import RedisTalks
from bot.domain import events as e
from bot.incidents.question import Question
from bot.sandbox.slack import Channel, LocalSlack, Person, SeenMessage, Workspace
from bot.sandbox.slack.manifest import shipped_app
from bot.slack import ids
from bot.slack.listeners.sight import NOT_YOURS
from bot.slack.views.thinking import OpenRef
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import DEV, MAYA, diagnosed, opened, plan, proposed

pytestmark = [pytest.mark.usefixtures("hurried"), pytest.mark.invariant(14)]
PRIVATE, SHARED = "G0SECRETWA", "C0SHAREDCO"
USUAL = Workspace(app=shipped_app())
GUEST = next(u.id for u in USUAL.users if u.name == "guest")
VALUE = ids.PlanRef(incident="INC-1", plan="P1", digest=plan().digest("change")).pack()


def workspace() -> Workspace:
    """Maya is in a private channel; a partner and a guest are in a shared one."""
    members = (MAYA, DEV, GUEST, USUAL.app.user)
    users = tuple(
        u.model_copy(update={"is_stranger": True}) if u.name == "olga" else u for u in USUAL.users
    )
    olga = next(u.id for u in users if u.name == "olga")
    wall = Channel(id=PRIVATE, name="secret", members=(MAYA, USUAL.app.user), is_private=True)
    shared = Channel(id=SHARED, name="partners", members=(*members, olga), is_ext_shared=True)
    return Workspace(app=USUAL.app, users=users, channels=(*USUAL.channels, wall, shared))


async def manned(redis: Redis, channel: str) -> AsyncIterator[tuple[Desk, LocalSlack]]:
    async with LocalSlack(workspace()) as slack:
        desk = Desk(slack, redis, channel=channel)
        try:
            await desk.happens(opened(), diagnosed(), proposed())
            await redis.set("opsbot:counter", 1)
            await desk.connect()
            await desk.settled()
            yield desk, slack
        finally:
            await desk.close()


@pytest.fixture
async def walled(redis: Redis) -> AsyncIterator[tuple[Desk, LocalSlack]]:
    """INC-1 stands in the private channel."""
    async for both in manned(redis, PRIVATE):
        yield both


@pytest.fixture
async def open_plan(redis: Redis) -> AsyncIterator[tuple[Desk, LocalSlack]]:
    """INC-1 stands where everybody of the company can read it."""
    async for both in manned(redis, CHANNEL):
        yield both


async def forged(desk: Desk, channel: str, action: str, value: str, **more: Any) -> None:
    """A message with that button, such as a client of one's own can press."""
    element = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": "Forged"},
        "value": value,
        **more,
    }
    blocks = [{"type": "actions", "elements": [element]}]
    await desk.client.chat_postMessage(channel=channel, text="forged", blocks=blocks)


async def press(person: Person, channel: str) -> None:
    there = await person.wait_for(
        lambda m: any(b.text == "Forged" for b in m.buttons), channel=channel
    )
    await person.click(there, "Forged")


async def answers(person: Person, channel: str) -> list[SeenMessage]:
    return [m for m in await person.messages(channel) if m.bot_id]


@pytest.mark.parametrize("words", ["list", "list open", "status INC-1", "approvals", "stop INC-1"])
async def test_what_a_command_tells_of_a_private_channel_is_for_that_person_alone(
    walled: tuple[Desk, LocalSlack], words: str
) -> None:
    _, slack = walled
    async with Person(slack.page_url, "maya") as maya:
        await maya.say(CHANNEL, f"@opsbot {words}")
        await maya.wait_for(lambda m: bool(m.bot_id) and "INC-1" in str(m.blocks), channel=CHANNEL)
        assert all(m.ephemeral for m in await answers(maya, CHANNEL))
        ts = await maya.say(PRIVATE, f"@opsbot {words}")
        told = await maya.wait_for(lambda m: m.thread_ts == ts, channel=PRIVATE)
        assert not told.ephemeral


async def test_what_is_known_of_private_incidents_is_not_looked_up_for_a_public_channel(
    walled: tuple[Desk, LocalSlack],
) -> None:
    desk, slack = walled

    async def think(question: Question) -> str:
        return "Something like it was INC-1."

    desk.bench.think = think
    async with Person(slack.page_url, "maya") as maya:
        await maya.say(CHANNEL, "@opsbot are the lamps ok?")
        await maya.wait_for(lambda m: "No incident matches that" in str(m.blocks), channel=CHANNEL)
        await maya.say(await maya.open_messages(), "are the lamps ok?")
        await maya.wait_for(lambda m: "Something like it" in str(m.blocks))
    assert len(desk.bench.asked) == 1


@pytest.mark.parametrize("who", ["guest", "olga", "maya"])
@pytest.mark.parametrize("words", ["why is etl failing", "INC-1?", "yes", "list", "catchup INC-1"])
async def test_where_another_organisation_reads_nothing_is_told_to_all(
    open_plan: tuple[Desk, LocalSlack], who: str, words: str
) -> None:
    desk, slack = open_plan
    async with Person(slack.page_url, who) as person:
        ts = await person.say(SHARED, f"@opsbot {words}")
        await person.wait_for(lambda m: m.ephemeral or m.thread_ts == ts, channel=SHARED)
        told = [m for m in await answers(person, SHARED) if who != "maya" or not m.ephemeral]
        assert "daily_revenue" not in str([(m.text, m.blocks) for m in told])
        assert "|INC-1>" not in str([m.blocks for m in told])
    assert not [w for w in await desk.ledger.work("INC-1") if w.type == "question.answered"]


async def test_a_hint_from_elsewhere_is_none(open_plan: tuple[Desk, LocalSlack]) -> None:
    desk, slack = open_plan
    async with Person(slack.page_url, "dev") as dev:
        ts = await dev.say(SHARED, "@opsbot hello")
        await dev.wait_for(lambda m: m.thread_ts == ts, channel=SHARED)
        await RedisTalks(desk.redis).note(SHARED, ts, "INC-1")
        await dev.say(SHARED, "@opsbot try the runbook", thread_ts=ts)
        await dev.wait_for(lambda m: NOT_YOURS[1:] in str(m.blocks), channel=SHARED)
    assert (await desk.ledger.load("INC-1")).hints == ()


@pytest.mark.parametrize(
    ("action", "value"),
    [
        (ids.APPROVE, VALUE),
        (ids.REJECT, VALUE),
        (ids.EDIT, VALUE),
        (ids.ASK, VALUE),
        (ids.ASK_AGAIN, VALUE),
        (ids.MORE, f"{ids.DETAILS} {VALUE}"),
        (ids.MORE, f"{ids.HAND} {VALUE}"),
        (ids.HALT, VALUE),
        (ids.UNDO, VALUE),
        (ids.ROLL_BACK, VALUE),
        (ids.TAKE, "INC-1"),
        (ids.SEVERITY, "sev INC-1 1"),
        (ids.CATCH_UP, "catchup INC-1"),
        (f"{ids.PICK}:0", "resolve INC-1 over"),
        (ids.STORM_TAKE, "STORM-1"),
    ],
)
async def test_a_button_of_a_private_incident_does_nothing_for_who_is_not_in_there(
    walled: tuple[Desk, LocalSlack], action: str, value: str
) -> None:
    desk, slack = walled
    before = await desk.ledger.load("INC-1")
    await forged(desk, CHANNEL, action, value)
    async with Person(slack.page_url, "dev") as dev:
        await press(dev, CHANNEL)
        await dev.wait_for(lambda m: NOT_YOURS[1:] in f"{m.text} {m.blocks}", channel=CHANNEL)
        assert (await dev.state())["views"] == []
    assert await desk.ledger.load("INC-1") == before


async def test_a_guest_opens_no_thread_of_a_storm(open_plan: tuple[Desk, LocalSlack]) -> None:
    desk, slack = open_plan
    option = {"text": {"type": "plain_text", "text": "INC-1"}, "value": "INC-1"}
    menu = {"type": "static_select", "action_id": ids.STORM_OPEN, "options": [option]}
    place = {"type": "plain_text", "text": "Open thread"}
    blocks = [{"type": "actions", "elements": [{**menu, "placeholder": place}]}]
    sent = await desk.client.chat_postMessage(channel=CHANNEL, text="storm", blocks=blocks)
    desk.slack.state.directory.conversations[CHANNEL].members.append(GUEST)
    async with Person(slack.page_url, "guest") as guest:
        message = await guest.wait_for(lambda m: m.ts == sent["ts"], channel=CHANNEL)
        await guest.use(message, ids.STORM_OPEN, "INC-1")
        await guest.wait_for(lambda m: m.ephemeral and "Only full members" in m.text)
    work = await desk.ledger.work("INC-1")
    assert not [w for w in work if isinstance(w, e.ThreadAsked)]


async def test_what_one_asked_alone_becomes_no_incident_of_another(
    open_plan: tuple[Desk, LocalSlack],
) -> None:
    desk, slack = open_plan
    asked = e.QuestionAnswered(
        at=story.at(1), actor=MAYA, id="1.1", channel="D0MAYA0001", thread_ts="1.1",
        question="is my salary late?", answer="no",
    )  # fmt: skip
    await desk.ledger.note("ASK-1.1", asked)
    await forged(desk, CHANNEL, ids.OPEN_FROM, OpenRef(question="1.1").model_dump_json())
    async with Person(slack.page_url, "dev") as dev:
        await press(dev, CHANNEL)
        await dev.wait_for(lambda m: "no longer kept" in str(m.blocks))
    assert await desk.ledger.open_incidents() == ["INC-1"]


async def test_opening_one_names_no_others_to_who_may_not_see_them(
    walled: tuple[Desk, LocalSlack],
) -> None:
    desk, slack = walled
    async with Person(slack.page_url, "dev") as dev:
        await dev.slash("/opsbot", "open etl is late", channel=CHANNEL)
        told = await dev.wait_for(lambda m: "is open:" in str(m.blocks), channel=CHANNEL)
    assert "INC-1" not in json.dumps(told.blocks)

    async def two() -> bool:
        return len(await desk.ledger.open_incidents()) == 2

    await until(two)
