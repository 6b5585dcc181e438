"""Several opsbots at once, whichever way in: what Slack sends is handled once, by one of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.adapters.redis_slots import RedisSlots
from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import LocalSlack, Person
from bot.slack import ids
from bot.slack.app import make_app, make_client
from bot.slack.http import add_slack_route
from bot.slack.listeners import once
from tests.fakes.poll import until
from tests.fakes.slack_wire import Wire, clicked
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, WORK, diagnosed, opened, plan, proposed

pytestmark = pytest.mark.usefixtures("hurried")
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
VALUE = ids.PlanRef(incident="INC-1", plan="P1", digest=plan().digest("change")).pack()
MENTION = {"type": "app_mention", "user": MAYA, "channel": CHANNEL}


class Balancer:
    """Hands each request to the next of several replicas, and knows how often each was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[int] = []
        self._open = AsyncExitStack()

    async def start(self, *apps: AsyncApp) -> None:
        addresses = []
        for app in apps:
            site = web.Application()
            add_slack_route(site, app)
            addresses.append(await self._listen(site))
        session = await self._open.enter_async_context(aiohttp.ClientSession())
        turns = itertools.count()

        async def hand_on(request: web.Request) -> web.Response:
            which = next(turns) % len(addresses)
            self.asked.append(which)
            url = f"{addresses[which]}/slack/events"
            body = await request.read()
            async with session.post(url, data=body, headers=request.headers) as answer:
                return web.Response(status=answer.status, body=await answer.read())

        front = web.Application()
        front.router.add_post("/slack/events", hand_on)
        self.url = f"{await self._listen(front)}/slack/events"

    async def _listen(self, site: web.Application) -> str:
        runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._open.aclose()


@pytest.fixture
async def desks(slack: LocalSlack, redis: Redis) -> AsyncIterator[tuple[Desk, Desk]]:
    """Two opsbots that share nothing but Redis; INC-1 waits for approval."""
    both = Desk(slack, redis), Desk(slack, redis)
    first = both[0]
    await first.happens(opened())
    await first.ledger.note("INC-1", *WORK)
    await first.happens(diagnosed(), proposed())
    yield both
    for desk in both:
        await desk.close()


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    made = Balancer()
    yield made
    await made.stop()


@pytest.fixture
async def wire(desks: tuple[Desk, Desk], balancer: Balancer) -> AsyncIterator[Wire]:
    await balancer.start(*(desk.app(SECRET) for desk in desks))
    async with aiohttp.ClientSession() as session:
        yield Wire(balancer.url, SECRET, session)


def answers(slack: LocalSlack) -> list[str]:
    """Where each answer to a question that matches nothing went."""
    posts = [c for c in slack.calls if c.method == "chat.postMessage" and c.error is None]
    return [c.body["thread_ts"] for c in posts if "No incident matches" in c.body["text"]]


async def question(desk: Desk, words: str = "how is the coffee") -> dict[str, Any]:
    posted = await desk.client.chat_postMessage(channel=CHANNEL, text=words)
    return {**MENTION, "text": f"<@U0OPSBOT01> {words}", "ts": posted["ts"]}


async def test_what_slack_sends_again_is_handled_by_neither_replica(
    wire: Wire, desks: tuple[Desk, Desk], balancer: Balancer, slack: LocalSlack
) -> None:
    asked = await question(desks[0])
    assert await wire.event(asked, "Ev1") == 200
    for number in range(1, 4):
        retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        assert await wire.event(asked, "Ev1", **retry) == 200
    other = await question(desks[0], "and the tea")
    assert await wire.event(other, "Ev2") == 200

    async def both() -> bool:
        return len(answers(slack)) >= 2

    await until(both)
    await asyncio.sleep(0.3)
    assert answers(slack) == [asked["ts"], other["ts"]]
    assert balancer.asked == [0, 1, 0, 1, 0]


async def test_of_many_deliveries_at_once_one_is_handled(
    wire: Wire, desks: tuple[Desk, Desk], slack: LocalSlack
) -> None:
    asked = await question(desks[0])
    statuses = await asyncio.gather(*(wire.event(asked, "Ev1") for _ in range(20)))
    assert set(statuses) == {200}

    async def answered() -> bool:
        return bool(answers(slack))

    await until(answered)
    await asyncio.sleep(0.3)
    assert answers(slack) == [asked["ts"]]


async def test_a_click_that_reaches_both_replicas_decides_once_and_in_silence(
    wire: Wire, desks: tuple[Desk, Desk], slack: LocalSlack
) -> None:
    place = {"message_ts": "1.1", "channel_id": CHANNEL}
    payload = clicked({"action_id": ids.APPROVE, "value": VALUE}, MAYA, "t1", place)
    statuses = await asyncio.gather(*(wire.interaction(payload) for _ in range(10)))
    assert set(statuses) == {200}

    async def decided() -> bool:
        fix = (await desks[0].ledger.load("INC-1")).fix
        return fix is not None and fix.status is PlanStatus.READY

    await until(decided)
    await asyncio.sleep(0.3)
    assert not [c for c in slack.calls if c.method == "chat.postEphemeral"]


def interaction(kind: str, trigger: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "trigger_id": trigger, "user": {"id": MAYA}, "team": {"id": "T1"}, **more}


CUPS = ("coffee", "tea", "milk", "cocoa", "juice", "soup")
VIEW = {"type": "modal", "id": "V1", "callback_id": "a_view", "state": {"values": {}}}
SENT: dict[str, dict[str, Any]] = {
    "click": interaction("block_actions", "t1", actions=[{"action_id": "a", "type": "button"}]),
    "shortcut": interaction("message_action", "t2", callback_id="a_shortcut"),
    "modal": interaction("view_submission", "t3", view=VIEW),
    "command": {"command": "/opsbot", "text": "list", "trigger_id": "t4", "user_id": MAYA},
}


@pytest.mark.parametrize("what", SENT)
async def test_what_carries_no_event_id_is_known_by_its_trigger(
    slack: LocalSlack, redis: Redis, balancer: Balancer, what: str
) -> None:
    heard: list[str] = []

    def replica() -> AsyncApp:
        app = make_app(make_client(slack.bot_token, slack.api_url), SECRET)
        once.register(app, RedisSlots(redis))
        for register, name in (
            (app.action, "a"),
            (app.shortcut, "a_shortcut"),
            (app.view, "a_view"),
            (app.command, "/opsbot"),
        ):

            @register(name)
            async def hear(ack: AsyncAck, body: dict[str, Any]) -> None:
                heard.append(body["trigger_id"])
                await ack()

        return app

    await balancer.start(replica(), replica())
    payload = SENT[what]
    async with aiohttp.ClientSession() as session:
        wire = Wire(balancer.url, SECRET, session)
        for trigger in (payload["trigger_id"], payload["trigger_id"], "t9"):
            again = {**payload, "trigger_id": trigger}
            if what == "command":
                sent = await wire.send(urlencode(again).encode())
            else:
                sent = await wire.interaction(again)
            assert sent == 200
    assert heard == [payload["trigger_id"], "t9"]


async def test_over_sockets_each_question_is_answered_by_one_of_them(
    desks: tuple[Desk, Desk], slack: LocalSlack
) -> None:
    for desk in desks:
        await desk.connect()
    async with Person(slack.page_url, "maya") as maya:
        asked = [await maya.say(CHANNEL, f"@opsbot and the {cup}") for cup in CUPS]

        async def all_of_them() -> bool:
            return len(answers(slack)) >= len(asked)

        await until(all_of_them)
        await slack.socket_mode.delivered()
        await asyncio.sleep(0.3)
    assert sorted(answers(slack)) == sorted(asked)


async def test_a_click_while_both_are_connected_decides_once(
    desks: tuple[Desk, Desk], slack: LocalSlack
) -> None:
    for desk in desks:
        await desk.connect()
    async with Person(slack.page_url, "maya") as maya:
        asked = await maya.wait_for(lambda m: any(b.action_id == ids.APPROVE for b in m.buttons))
        await maya.click(asked, "Approve")
        await maya.wait_for(lambda m: "Approved by Maya" in str(m.blocks))
        assert not [m for m in await maya.messages() if m.ephemeral]
    assert (await desks[1].posted()).count("approval:P1") == 1
