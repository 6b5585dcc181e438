"""A lease that is kept for as long as the work under it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.domain.ports import Ledger
from bot.incidents.cancellation import end_if_cancelled


@asynccontextmanager
async def leased(ledger: Ledger, name: str, seconds: float) -> AsyncIterator[str | None]:
    """Its token, or None where another has it. It runs out `seconds` after its holder died."""
    token = await ledger.acquire(name, seconds)
    if token is None:
        yield None
        return
    renewing = asyncio.create_task(_renew(ledger, name, token, seconds))
    try:
        yield token
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await renewing
        await ledger.release(name, token)


async def _renew(ledger: Ledger, name: str, token: str, seconds: float) -> None:
    held = True
    while held:
        await asyncio.sleep(seconds / 3)
        # A store that is away for a moment must not end the renewing.
        with suppress(Exception):
            held = await ledger.extend(name, token, seconds)
        end_if_cancelled()
