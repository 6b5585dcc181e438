"""The whole incident, seen and decided by a person at the page, at a desk and on a phone.

With README_PICTURE=docs/thread.png the thread at a desk is kept there, for the README.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot import settings
from bot.sandbox.ports import free_http_addr
from bot.sandbox.stage import Stage
from tests.fakes.browser import NEEDS_CHROMIUM, SIZES, at_page, shoot

pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(120)]
_WAIT_MS = 30_000


SHOWN = (
    "1 daily_revenue_aggregation.source: replica-2 → replica-1",
    "2 run daily_revenue_aggregation once (last run failed)",
    "Undo: 1 one click · 2 what it writes stays, no automatic undo",
    "@data-oncall, 1 needed",
)


async def everything_fits(page: Page) -> None:
    """Nothing of the approval is folded away or cut off: what is approved is read whole."""
    thread = page.locator("#thread")
    await expect(thread.get_by_text("Show more")).to_have_count(0)
    approval = thread.locator(".message", has_text="Approve 2 changes for INC-1?")
    for line in SHOWN:
        await expect(approval).to_contain_text(line)
    cut_off = await approval.locator("*").evaluate_all(
        "nodes => nodes.filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)"
        ".map(one => one.textContent)"
    )
    assert cut_off == []
    await expect(approval.get_by_role("button", name="Approve")).to_be_in_viewport()


@pytest.mark.parametrize("size", SIZES)
async def test_a_person_follows_the_incident_approves_and_reads_the_report(
    size: str, tmp_path: Path
) -> None:
    given = settings.read({"PATH": os.environ["PATH"]}, env_file=tmp_path / "none")
    address = free_http_addr("127.0.0.1:0")
    async with Stage(given, tmp_path / "data", company=True, http_addr=address) as stage:
        await stage.start(quiet=True)
        assert stage.slack is not None
        assert stage.company is not None
        breaking = asyncio.create_task(stage.company.break_etl())
        async with at_page(stage.slack, size) as page:
            card = page.locator("#timeline .message").first
            heading = card.get_by_role("heading")
            await expect(heading).to_contain_text("Needs approval", timeout=_WAIT_MS)
            await shoot(page, tmp_path, f"{size}-1-card")
            review = card.get_by_role("link", name="Review")
            await expect(review).to_be_visible(timeout=_WAIT_MS)
            await review.click()
            thread = page.locator("#thread")
            await expect(thread.get_by_text("Approve 2 changes for INC-1?")).to_be_visible()
            await everything_fits(page)
            await shoot(page, tmp_path, f"{size}-2-approval")
            await thread.get_by_role("button", name="Approve").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog.get_by_role("heading")).to_have_text("Run INC-1 fix now?")
            await shoot(page, tmp_path, f"{size}-3-confirm")
            await dialog.get_by_role("button", name="Approve and run").click()
            await expect(thread.get_by_text("approved by Maya").first).to_be_visible()
            report = thread.get_by_text("INC-1 resolved in")
            await expect(report).to_be_visible(timeout=_WAIT_MS)
            await expect(thread.get_by_role("button", name="Approve")).to_have_count(0)
            await shoot(page, tmp_path, f"{size}-4-report")
            await keep_picture(page, size)
        await breaking


async def keep_picture(page: Page, size: str) -> None:
    """The thread whole, for the README, where somebody asked for it."""
    wanted = os.environ.get("README_PICTURE")
    if not wanted or size != "desktop":
        return
    await page.set_viewport_size({"width": 1280, "height": 1640})
    await page.mouse.move(0, 0)
    await page.screenshot(path=wanted)
