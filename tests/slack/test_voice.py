"""The bot's voice while its ledger can't be written: one message, and one when it is well."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.slack import LocalSlack
from bot.slack.app import make_client
from bot.slack.voice import Voice
from tests.slack.desk import CHANNEL

pytestmark = pytest.mark.invariant(21)


class Ledger:
    """Well, or in trouble, as the test says."""

    def __init__(self) -> None:
        self.why: str | None = None

    async def trouble(self) -> str | None:
        return self.why


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def voice(slack: LocalSlack, ledger: Ledger) -> Voice:
    return another(slack, ledger)


def another(slack: LocalSlack, ledger: Ledger) -> Voice:
    """That of another process, or of the same one started again."""
    return Voice(make_client(slack.bot_token, slack.api_url), CHANNEL, ledger.trouble)


async def said(slack: LocalSlack) -> list[str]:
    """What stands in the channel, oldest first."""
    client = make_client(slack.bot_token, slack.api_url)
    answer = await client.conversations_history(channel=CHANNEL)
    messages: list[dict[str, Any]] = answer["messages"]
    return [m["text"] for m in reversed(messages) if m.get("bot_id")]


async def looks(voice: Voice, times: int = 4) -> None:
    for _ in range(times):
        await voice.look()


async def test_a_ledger_that_is_well_is_not_spoken_of(slack: LocalSlack, voice: Voice) -> None:
    await looks(voice)
    assert await said(slack) == []


async def test_trouble_and_its_end_are_each_said_once(
    slack: LocalSlack, voice: Voice, ledger: Ledger
) -> None:
    await looks(voice)
    ledger.why = "its disk is full?"
    await looks(voice)
    [text] = await said(slack)
    assert text.startswith("I can't write to my ledger (its disk is full?).")
    assert "nothing will be run" in text
    ledger.why = None
    await looks(voice)
    assert (await said(slack))[1:] == [
        "I can write to my ledger again. Alerts refused meanwhile come with their senders' next"
        " try; what was approved goes on."
    ]
    ledger.why = "its memory is full"
    await looks(voice)
    assert len(await said(slack)) == 3


async def test_a_moment_is_no_trouble(slack: LocalSlack, voice: Voice, ledger: Ledger) -> None:
    for _ in range(3):
        ledger.why = "it doesn't answer"
        await voice.look()
        ledger.why = None
        await voice.look()
    assert await said(slack) == []


async def test_one_that_starts_in_trouble_or_beside_another_does_not_say_it_again(
    slack: LocalSlack, voice: Voice, ledger: Ledger
) -> None:
    beside = another(slack, ledger)
    await looks(beside, 1)
    ledger.why = "its disk is full?"
    await looks(voice)
    await looks(beside)
    await looks(another(slack, ledger))
    assert len(await said(slack)) == 1


async def test_one_that_starts_when_it_is_over_says_so(
    slack: LocalSlack, voice: Voice, ledger: Ledger
) -> None:
    ledger.why = "it doesn't answer"
    await looks(voice)
    ledger.why = None
    await looks(another(slack, ledger))
    assert len(await said(slack)) == 2


async def test_it_is_said_once_slack_is_there_again(
    slack: LocalSlack, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.voice._EVERY_SECONDS", 0.01)
    lost = Voice(make_client(slack.bot_token, "http://127.0.0.1:1/api/"), CHANNEL, ledger.trouble)
    ledger.why = "its disk is full?"
    running = asyncio.create_task(lost.run())
    await asyncio.sleep(0.2)
    lost._client = make_client(slack.bot_token, slack.api_url)
    async with asyncio.timeout(10):
        while not await said(slack):  # noqa: ASYNC110 - what is waited for stands in Slack
            await asyncio.sleep(0.02)
    running.cancel()
    assert len(await said(slack)) == 1
