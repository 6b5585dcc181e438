"""A real headless Chromium at the local Slack's page, at a desk and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from bot.sandbox.slack import LocalSlack

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: install it to see the page tested"
)


@asynccontextmanager
async def at_page(
    slack: LocalSlack, size: str, person: str = "maya", scheme: Any = "light"
) -> AsyncIterator[Page]:
    """A browser of this size at the page, acting as this person; scripts must not fail."""
    width, height = SIZES[size]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=size == "phone",
            is_mobile=size == "phone",
        )
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if _is_fault(line) else None)
        await page.goto(f"{slack.page_url}?as={person}")
        await expect(page.get_by_text("opsbot connected")).to_be_visible()
        yield page
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"the page is {wide} px wide on a screen of {width}"
        assert faults == []
        await browser.close()


def _is_fault(line: ConsoleMessage) -> bool:
    # The browser logs each refused request as an error too; tests look at what the page says.
    refused = line.text.startswith(("Failed to load resource", "WebSocket connection"))
    return line.type == "error" and not refused


async def shoot(page: Page, folder: Path, name: str) -> None:
    """Keep a picture for whoever looks at what the test saw."""
    await page.screenshot(path=folder / f"{name}.png")
