"""opsbot, unchanged, with exactly the manifest's scopes at a server that grants no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError

from bot.domain.plan_state import PlanStatus
from bot.sandbox.valkey import EmbeddedValkey
from bot.slack import ids
from bot.slack.views.reject import reject_view
from tests.contracts.emulated_slack import (
    BOT,
    SIGNING_SECRET,
    EmulatedSlack,
    Message,
    emulated_slack,
)
from tests.contracts.npm import free_port
from tests.contracts.product import Product, product
from tests.fakes.poll import until
from tests.fakes.slack_wire import Wire, clicked

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
SCOPES: list[str] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"][
    "bot"
]


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[EmulatedSlack]:
    async with emulated_slack(tmp_path, SCOPES) as running:
        yield running


@pytest.fixture
async def port() -> int:
    return free_port()


@pytest.fixture
async def opsbot(
    redis: Redis, valkey: EmbeddedValkey, tmp_path: Path, slack: EmulatedSlack, port: int
) -> AsyncIterator[Product]:
    async with product(redis, valkey.url, tmp_path, port, slack.environ) as serving:
        yield serving


@pytest.fixture
async def wire(port: int) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        yield Wire(f"http://127.0.0.1:{port}/slack/events", SIGNING_SECRET, http)


async def asked(opsbot: Product, slack: EmulatedSlack) -> Message:
    """The approval, in its thread."""
    await opsbot.asks(slack.maya)
    return await slack.seen(lambda m: ids.APPROVE in str(m.get("blocks")))


async def click(slack: EmulatedSlack, wire: Wire, message: Message, action: str) -> str:
    """Press the message's button; the trigger that the app got with it."""
    elements = [e for b in message["blocks"] if b["type"] == "actions" for e in b["elements"]]
    button = next(e for e in elements if e["action_id"] == action)
    place = {
        "message_ts": message["ts"],
        "channel_id": slack.channel,
        "thread_ts": message["thread_ts"],
    }
    trigger = await slack.trigger()
    pressed = {"action_id": action, "value": button["value"]}
    assert await wire.interaction(clicked(pressed, slack.maya, trigger, place)) == 200
    return trigger


async def test_the_thread_is_posted_and_an_approval_decides(
    opsbot: Product, slack: EmulatedSlack, wire: Wire
) -> None:
    approval = await asked(opsbot, slack)
    thread = await slack.messages()
    assert "Needs approval" in str(thread[0]["blocks"])
    assert {m["thread_ts"] for m in thread[1:]} == {thread[0]["ts"]}
    await click(slack, wire, approval, ids.APPROVE)
    await slack.seen(lambda m: "Approved by Maya" in str(m.get("blocks")))
    assert (await opsbot.fix()).decided_by == slack.maya


async def test_a_rejection_takes_its_reason_in_a_modal(
    opsbot: Product, slack: EmulatedSlack, wire: Wire
) -> None:
    approval = await asked(opsbot, slack)
    trigger = await click(slack, wire, approval, ids.REJECT)

    async def opened() -> bool:
        return await slack.shows_view("Reject the fix")

    await until(opened)
    assert await slack.spent(trigger)
    ref = ids.PlanRef(incident="INC-1", plan="P1", digest=(await opsbot.fix()).digest)
    state: dict[str, Any] = {"values": {"reason": {"text": {"value": "wait for Bo"}}}}
    submitted = {
        "type": "view_submission",
        "trigger_id": await slack.trigger(),
        "user": {"id": slack.maya},
        "team": {"id": "T000000001"},
        "view": reject_view(ref, (slack.channel, approval["thread_ts"])) | {"state": state},
    }
    assert await wire.interaction(submitted) == 200
    await slack.seen(lambda m: "wait for Bo" in str(m.get("blocks")))
    assert (await opsbot.fix()).status is PlanStatus.REJECTED


async def test_a_mention_is_answered_in_a_thread(
    opsbot: Product, slack: EmulatedSlack, wire: Wire
) -> None:
    await asked(opsbot, slack)
    text = f"<@{BOT}> why is etl failing"
    ts = await slack.say(text)
    event = {"type": "app_mention", "user": slack.maya, "text": text, "channel": slack.channel}
    assert await wire.event({**event, "ts": ts}, "Ev1") == 200
    answer = await slack.seen(lambda m: m.get("thread_ts") == ts and m["ts"] != ts)
    assert "replica-2 is 2.3 h behind" in answer["text"]


@pytest.mark.parametrize("scope", ["channels:read", "groups:read"])
async def test_it_grants_no_scope_that_the_manifest_lacks(
    redis: Redis, valkey: EmbeddedValkey, tmp_path: Path, port: int, scope: str
) -> None:
    """Without this twin, it could be a server that grants everything."""
    rest = [other for other in SCOPES if other != scope]
    async with emulated_slack(tmp_path, rest) as slack:
        with pytest.raises(SlackApiError, match="missing_scope"):
            async with product(redis, valkey.url, tmp_path, port, slack.environ):
                pass
