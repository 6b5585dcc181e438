"""Ending a loop that was told to end."""

from __future__ import annotations

import asyncio


def end_if_cancelled() -> None:
    """Raise CancelledError where this task was cancelled and something swallowed it.

    Before Python 3.12 `asyncio.wait_for`, which redis-py sends with, can do that.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
