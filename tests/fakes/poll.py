"""Waiting for something to become true, and for a process to end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

_SECONDS = 20.0


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = _SECONDS) -> None:
    """Return once it holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.01)


async def ended(pid: int) -> bool:
    """Whether that process no longer runs; a zombie that nobody reaps does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text()  # noqa: ASYNC240 - a file without a disk
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"
