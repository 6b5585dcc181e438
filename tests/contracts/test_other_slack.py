"""opsbot, unchanged, in a Slack that nobody here wrote: over Socket Mode and over signed HTTP."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.domain.plan_state import PlanStatus
from bot.sandbox.valkey import EmbeddedValkey
from tests.contracts.npm import free_port
from tests.contracts.other_slack import MAYA, OLGA, Message, Mode, OtherSlack, other_slack
from tests.contracts.product import Product, product
from tests.fakes.poll import until


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> Mode:
    way_in: Mode = request.param
    return way_in


@pytest.fixture
async def port() -> int:
    return free_port()


@pytest.fixture
async def slack(tmp_path: Path, mode: Mode, port: int) -> AsyncIterator[OtherSlack]:
    async with other_slack(tmp_path, mode, f"http://127.0.0.1:{port}/slack/events") as running:
        yield running


@pytest.fixture
async def opsbot(
    redis: Redis,
    valkey: EmbeddedValkey,
    tmp_path: Path,
    slack: OtherSlack,
    port: int,
    mode: Mode,
) -> AsyncIterator[Product]:
    async with product(redis, valkey.url, tmp_path, port, slack.environ(mode)) as serving:
        yield serving


async def asked(opsbot: Product, slack: OtherSlack) -> Message:
    """The approval, in its thread."""
    await opsbot.asks(MAYA)
    return await slack.seen(lambda m: "'Approve'" in str(m.get("blocks")))


async def test_an_incident_is_a_thread_under_its_card(opsbot: Product, slack: OtherSlack) -> None:
    approval = await asked(opsbot, slack)
    messages = await slack.messages()
    card = messages[0]
    assert "Needs approval" in str(card["blocks"])
    assert "thread_ts" not in card
    assert len(messages) >= 4
    assert {m["thread_ts"] for m in messages[1:]} == {card["ts"]}
    assert approval in messages


async def test_a_click_on_approve_decides(opsbot: Product, slack: OtherSlack) -> None:
    await slack.click(await asked(opsbot, slack), "Approve")
    await slack.seen(lambda m: "Approved by Maya" in str(m.get("blocks")))
    fix = await opsbot.fix()
    assert (fix.status, fix.decided_by) == (PlanStatus.READY, MAYA)


async def test_who_may_not_is_told_alone(opsbot: Product, slack: OtherSlack) -> None:
    await slack.click(await asked(opsbot, slack), "Approve", OLGA)
    told = await slack.seen(lambda m: "You can't approve this" in m["text"])
    assert (told["subtype"], told["ephemeral_to"]) == ("ephemeral", OLGA)
    assert (await opsbot.fix()).status is PlanStatus.AWAITING


async def test_a_rejection_takes_its_reason_in_a_modal(opsbot: Product, slack: OtherSlack) -> None:
    await slack.click(await asked(opsbot, slack), "Reject")

    async def open_() -> bool:
        return bool(await slack.modals())

    await until(open_)
    await slack.submit({"reason": {"text": {"type": "plain_text_input", "value": "wait for Bo"}}})
    await slack.seen(lambda m: "wait for Bo" in str(m.get("blocks")))
    assert (await opsbot.fix()).status is PlanStatus.REJECTED

    async def closed() -> bool:
        return not await slack.modals()

    await until(closed)


async def test_a_mention_is_answered_in_a_thread(opsbot: Product, slack: OtherSlack) -> None:
    await asked(opsbot, slack)
    question = await slack.say("@opsbot why is etl failing")
    answer = await slack.seen(lambda m: m.get("thread_ts") == question)
    assert "replica-2 is 2.3 h behind" in answer["text"]


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_two_of_them_that_both_hear_everything_do_it_once(
    opsbot: Product,
    slack: OtherSlack,
    redis: Redis,
    valkey: EmbeddedValkey,
    tmp_path: Path,
    mode: Mode,
) -> None:
    """Slack gives an event to one connection; this server gives it to all there are."""
    environ = slack.environ(mode)
    async with product(redis, valkey.url, tmp_path, free_port(), environ):
        approval = await asked(opsbot, slack)
        question = await slack.say("@opsbot why is etl failing")
        await slack.seen(lambda m: m.get("thread_ts") == question)
        await slack.click(approval, "Approve")
        await slack.seen(lambda m: "Approved by Maya" in str(m.get("blocks")))
        await asyncio.sleep(1)
        messages = await slack.messages()
    assert len([m for m in messages if m.get("thread_ts") == question]) == 1
    assert len([m for m in messages if "Approved by Maya" in str(m.get("blocks"))]) == 1
    assert not [m for m in messages if m.get("subtype") == "ephemeral"]


async def test_the_sample_incident_plays_there_from_its_alert_to_its_report(
    slack: OtherSlack, port: int, mode: Mode, tmp_path: Path
) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HOME": str(tmp_path),
        "OPSBOT_DATA": str(tmp_path / "data"),
        "OPSBOT_HTTP_ADDR": f"127.0.0.1:{port}",
        **slack.environ(mode),
    }
    playing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot", "demo", "--headless"),
        cwd=tmp_path,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        approval = await slack.seen(lambda m: "'Approve'" in str(m.get("blocks")), seconds=90)
        await slack.click(approval, "Approve")
        said, _ = await asyncio.wait_for(playing.communicate(), 120)
    finally:
        if playing.returncode is None:
            playing.kill()
            await playing.wait()
    assert playing.returncode == 0, said.decode()[-3000:]
    messages = await slack.messages()
    assert "Resolved" in str(messages[0]["blocks"])
    assert {m["thread_ts"] for m in messages[1:]} == {messages[0]["ts"]}
    assert len(messages) <= 7, "the root and 6"


async def test_a_command_is_answered_to_who_typed_it(opsbot: Product, slack: OtherSlack) -> None:
    await asked(opsbot, slack)
    await slack.command("/opsbot", "status INC-1")
    answer = await slack.seen(lambda m: m.get("ephemeral_to") == MAYA, seconds=10)
    assert "INC-1" in str(answer)


async def test_home_shows_what_waits_for_its_owner(opsbot: Product, slack: OtherSlack) -> None:
    await asked(opsbot, slack)
    await slack.open_home()

    async def shown() -> bool:
        return "INC-1" in str((await slack.homes()).get(MAYA))

    await until(shown, 10)
