"""A person catches up and sets the severity at the page; it fits a desk and a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect
from redis.asyncio import Redis

from bot.sandbox.slack import LocalSlack
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot
from tests.fakes.valkey import redis, valkey
from tests.slack.desk import Desk
from tests.slack.scenes import diagnosed, opened, proposed

__all__ = ["redis", "valkey"]

pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(120)]
_WAIT_MS = 30_000


@pytest.mark.parametrize("size", SIZES)
async def test_a_person_catches_up_and_sets_the_severity(
    size: str, tmp_path: Path, redis: Redis
) -> None:
    async with LocalSlack() as slack:
        desk = Desk(slack, redis)
        await desk.happens(opened(), diagnosed(), proposed())
        await desk.connect()
        async with at_page(slack, size) as page:
            card = page.locator("#timeline .message").first
            await expect(card).to_contain_text("Needs approval", timeout=_WAIT_MS)
            await card.get_by_role("button", name="Catch me up").click()
            told = page.get_by_text("Next update:")
            await expect(told).to_be_visible(timeout=_WAIT_MS)
            await shoot(page, tmp_path, f"{size}-1-catch-up")
            await card.get_by_label("More").first.click()
            await shoot(page, tmp_path, f"{size}-2-menu")
            await page.get_by_text("Change severity").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog.get_by_role("heading")).to_have_text("How severe is it?")
            await dialog.get_by_role("radio").first.check()
            await dialog.get_by_role("textbox").fill("customers see it")
            await shoot(page, tmp_path, f"{size}-3-severity")
            await dialog.get_by_role("button", name="Set").click()
            await expect(card.get_by_role("heading")).to_contain_text("SEV1", timeout=_WAIT_MS)
            await shoot(page, tmp_path, f"{size}-4-severe")
        await desk.close()
