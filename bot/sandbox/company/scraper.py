"""Scrapes every exporter of the sample company twice a second."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TypeVar

from bot.sandbox.company.exporters import Exporter

INTERVAL_SECONDS = 0.5
HISTORY_SECONDS = 6 * 3600.0

AnyExporter = TypeVar("AnyExporter", bound=Exporter)


class Scraper:
    """Keeps the series store up to date, and gives what joins it a past of six hours."""

    def __init__(self) -> None:
        self._exporters: list[Exporter] = []
        self.quiet = asyncio.Lock()
        """Hold it to change what is measured, so that no reading of before comes in after."""
        self._task: asyncio.Task[None] | None = None

    def add(self, exporter: AnyExporter) -> AnyExporter:
        now = time.time()
        exporter.rewrite_history(now - HISTORY_SECONDS, now)
        self._exporters.append(exporter)
        return exporter

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def scrape(self) -> None:
        """Once, now."""
        async with self.quiet:
            await asyncio.gather(*(exporter.scrape() for exporter in self._exporters))

    async def _run(self) -> None:
        while True:
            await self.scrape()
            await asyncio.sleep(INTERVAL_SECONDS)
