"""Over HTTP only what Slack signed is heard, and each delivery once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.domain.plan_state import PlanStatus
from bot.sandbox.slack import LocalSlack
from bot.slack import ids
from tests.fakes.poll import until
from tests.fakes.slack_wire import TEAM, Wire, clicked
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, diagnosed, opened, plan, proposed

pytestmark = pytest.mark.usefixtures("hurried")
VALUE = ids.PlanRef(incident="INC-1", plan="P1", digest=plan().digest("change")).pack()


def click(user: str = MAYA, trigger: str = "t1", team: str = TEAM) -> dict[str, Any]:
    """On Approve."""
    place = {"message_ts": "1.1", "channel_id": CHANNEL}
    return clicked({"action_id": ids.APPROVE, "value": VALUE}, user, trigger, place, team)


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    await desk.happens(opened(), diagnosed(), proposed())
    return desk


async def status(desk: Desk) -> PlanStatus:
    fix = (await desk.ledger.load("INC-1")).fix
    assert fix is not None
    return fix.status


async def test_a_signed_click_decides(wire: Wire, asking: Desk) -> None:
    assert await wire.interaction(click()) == 200

    async def approved() -> bool:
        return await status(asking) is PlanStatus.READY

    await until(approved)


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "v0=" + "0" * 64},
        {"signature": ""},
        {"signature": "v0=é"},
        {"timestamp": str(int(time.time()) - 3600)},
        {"timestamp": "yesterday"},
        {"timestamp": ""},
    ],
    ids=["wrong", "none", "not ASCII", "stale", "no number", "no time"],
)
async def test_what_slack_did_not_sign_is_refused(
    wire: Wire, asking: Desk, changed: dict[str, str]
) -> None:
    before = await asking.ledger.load("INC-1")
    assert await wire.interaction(click(), **changed) == 401
    assert await status(asking) is PlanStatus.AWAITING
    assert await asking.ledger.load("INC-1") == before


@pytest.mark.parametrize("body", [b"\xff\xfe payload=", b"", b"payload=nonsense", b"{}"])
async def test_a_body_that_is_no_payload_runs_nothing(
    wire: Wire, asking: Desk, body: bytes
) -> None:
    assert await wire.send(body, signature="v0=" + "1" * 64) == 401
    assert await status(asking) is PlanStatus.AWAITING


async def test_a_replayed_click_is_answered_and_not_handled_again(
    wire: Wire, asking: Desk, slack: LocalSlack
) -> None:
    assert await wire.interaction(click(trigger="t9")) == 200

    async def approved() -> bool:
        return await status(asking) is PlanStatus.READY

    await until(approved)
    assert await wire.interaction(click(trigger="t9")) == 200
    assert await wire.interaction(click(trigger="t10")) == 200

    async def told() -> bool:
        return bool([c for c in slack.calls if c.method == "chat.postEphemeral"])

    await until(told)
    whispers = [c.body["text"] for c in slack.calls if c.method == "chat.postEphemeral"]
    assert whispers == ["Already approved by Maya 01:47."]


async def test_an_event_that_slack_sends_again_is_answered_once(
    wire: Wire, asking: Desk, slack: LocalSlack
) -> None:
    root = await asking.client.chat_postMessage(channel=CHANNEL, text="a question")
    mention = {
        "type": "app_mention",
        "user": MAYA,
        "text": "<@U0OPSBOT01> how is the coffee machine",
        "channel": CHANNEL,
        "ts": root["ts"],
    }
    for _ in range(3):
        assert await wire.event(mention, "Ev1") == 200
    assert await wire.event({**mention, "text": "<@U0OPSBOT01> and the tea"}, "Ev2") == 200

    async def answered() -> bool:
        return len(said()) >= 2

    def said() -> list[str]:
        posts = [c for c in slack.calls if c.method == "chat.postMessage" and c.error is None]
        return [c.body["text"] for c in posts if "No incident matches" in c.body["text"]]

    await until(answered)
    assert len(said()) == 2


@pytest.mark.parametrize(
    ("user", "team"), [("U0STRANGER", "T0OTHER001"), ("U0OPSBOT01", "T0OPSBOTCO")]
)
async def test_another_team_and_a_bot_decide_nothing(
    wire: Wire, asking: Desk, slack: LocalSlack, user: str, team: str
) -> None:
    assert await wire.interaction(click(user, "t5", team)) == 200

    async def told() -> bool:
        return any(c.method in ("chat.postEphemeral", "chat.postMessage") for c in slack.calls)

    await until(told)
    assert await status(asking) is PlanStatus.AWAITING
