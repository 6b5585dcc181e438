"""A person cuts the fix to its first step at the page; the modal fits a desk and a phone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot import settings
from bot.sandbox.ports import free_http_addr
from bot.sandbox.stage import Stage
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot

pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(120)]
_WAIT_MS = 30_000


@pytest.mark.parametrize("size", SIZES)
async def test_a_person_cuts_the_fix_to_its_first_step(size: str, tmp_path: Path) -> None:
    given = settings.read({"PATH": os.environ["PATH"]}, env_file=tmp_path / "none")
    address = free_http_addr("127.0.0.1:0")
    async with Stage(given, tmp_path / "data", company=True, http_addr=address) as stage:
        await stage.start(quiet=True)
        assert stage.slack is not None
        assert stage.company is not None
        breaking = asyncio.create_task(stage.company.break_etl())
        async with at_page(stage.slack, size) as page:
            review = page.locator("#timeline .message").first.get_by_role("link", name="Review")
            await expect(review).to_be_visible(timeout=_WAIT_MS)
            await review.click()
            thread = page.locator("#thread")
            await thread.get_by_role("button", name="Make the fix of INC-1 smaller").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog.get_by_role("heading")).to_have_text("Make the fix smaller")
            await expect(dialog.get_by_role("checkbox")).to_have_count(2)
            await shoot(page, tmp_path, f"{size}-1-modal")
            ask = dialog.get_by_role("button", name="Ask for this")
            await ask.click()
            await expect(dialog.get_by_role("alert")).to_contain_text("Nothing is smaller yet")
            await shoot(page, tmp_path, f"{size}-2-error")
            await dialog.get_by_role("checkbox").last.uncheck()
            await ask.click()
            await expect(dialog).to_contain_text("waits for approval now", timeout=_WAIT_MS)
            await shoot(page, tmp_path, f"{size}-3-answer")
            await dialog.get_by_role("button", name="Close").click()
            await expect(thread.get_by_text("(edited by Maya)")).to_be_visible(timeout=_WAIT_MS)
            new = thread.get_by_text("Approve 1 change for INC-1?")
            await expect(new).to_be_visible(timeout=_WAIT_MS)
            await new.scroll_into_view_if_needed()
            await shoot(page, tmp_path, f"{size}-4-new-approval")
        breaking.cancel()
