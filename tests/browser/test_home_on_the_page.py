"""The Home tab as a person sees it, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from redis.asyncio import Redis

from bot.domain import events as e
from bot.sandbox.slack import LocalSlack, Person
from bot.slack import ids
from tests.fakes import story
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot
from tests.fakes.valkey import redis, valkey
from tests.slack.desk import Desk
from tests.slack.scenes import MAYA, diagnosed, opened, proposed

__all__ = ["redis", "valkey"]
pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(120)]


async def a_night(desk: Desk) -> None:
    """One fix waits for Maya, who commands another incident; four more are open."""
    await desk.happens(opened(), diagnosed(), proposed(risk="low"))
    titles = (
        "Checkout answers 500",
        "Disk of orders-db is 91% full",
        "Model drifts",
        "Feed is late",
    )
    for number, title in enumerate(titles, start=2):
        severity = "sev1" if number == 2 else "sev3"
        begun = opened(fingerprint=f"fp-{number}", title=title, severity=severity)
        await desk.happens(begun, incident=f"INC-{number}")
    await desk.happens(e.CommandTaken(at=story.at(5), actor=MAYA), incident="INC-2")
    await desk.deps.following.follow(MAYA, "etl")
    await desk.deps.following.keep_quiet(MAYA, "22:00-07:00")


async def everything_fits(page: Page) -> None:
    cut_off = await page.locator("#home *").evaluate_all(
        "nodes => nodes.filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)"
        ".map(one => one.textContent)"
    )
    assert cut_off == []


@pytest.mark.parametrize("size", SIZES)
async def test_what_waits_is_first_and_leads_to_its_approval(
    size: str, redis: Redis, tmp_path: Path
) -> None:
    async with LocalSlack() as slack, Person(slack.page_url, "maya") as maya:
        desk = Desk(slack, redis)
        try:
            await a_night(desk)
            await desk.connect()
            await desk.settled()
            channel = await maya.open_messages()
            async with at_page(slack, size) as page:
                await page.goto(f"{slack.page_url}?as=maya#/archives/{channel}")
                await page.get_by_role("button", name="Home").click()
                home = page.locator("#home")
                await expect(home.get_by_text("Waiting for you")).to_be_visible()
                await expect(home.get_by_role("heading")).to_have_text(
                    [
                        "Waiting for you",
                        "You command",
                        "Open incidents",
                        "You follow",
                        "Quiet hours",
                        "Help",
                    ]
                )
                await shoot(page, tmp_path, f"{size}-1-home")
                await everything_fits(page)
                await home.get_by_role("button", name="Change quiet hours").click()
                dialog = page.get_by_role("dialog")
                await expect(dialog.get_by_role("textbox")).to_have_value("22:00-07:00")
                await shoot(page, tmp_path, f"{size}-2-quiet")
                await dialog.get_by_role("button", name="Cancel").click()
                await home.get_by_role("link", name="Review").click()
                thread = page.locator("#thread")
                await expect(thread.get_by_text("Approve 2 changes for INC-1?")).to_be_visible()
                await shoot(page, tmp_path, f"{size}-3-approval")
        finally:
            await desk.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_window_that_opens_an_incident_fits_and_says_who_will_read_it(
    size: str, redis: Redis, tmp_path: Path
) -> None:
    async with LocalSlack() as slack, Person(slack.page_url, "maya") as maya:
        desk = Desk(slack, redis)
        try:
            await desk.connect()
            channel = await maya.open_messages()
            ts = await maya.say(channel, "etl is stuck since 2 a.m., and nobody knows why")
            message = await maya.wait_for(lambda m: m.ts == ts)
            async with at_page(slack, size) as page:
                await maya.shortcut(ids.OPEN_INCIDENT, message)
                dialog = page.get_by_role("dialog")
                await expect(dialog.get_by_role("heading")).to_have_text("Open incident")
                await expect(dialog).to_contain_text("from a private conversation")
                await shoot(page, tmp_path, f"{size}-1-opening")
                await dialog.get_by_role("radio", name="SEV1").check()
                await dialog.get_by_role("button", name="Open").click()
                reply = page.get_by_text("Maya opened")
                await page.goto(
                    f"{slack.page_url}?as=maya#/archives/{channel}/p{ts}?thread_ts={ts}"
                )
                await expect(reply.first).to_be_visible()
                await shoot(page, tmp_path, f"{size}-2-reply")
        finally:
            await desk.close()
