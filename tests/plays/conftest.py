"""Drills mostly wait, so those that were selected run side by side; each test takes its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.drills.catalogue import DRILLS
from bot.sandbox.drills.drill import play
from tests.plays.demo import PLAYS
from tests.plays.model_drills import MODEL_DRILLS

_SIDE_BY_SIDE = 4
"""Four stages keep two cores busy without starving one another's deadlines."""


def _selected(items: list[pytest.Item], known: set[str]) -> list[str]:
    """Names of drills that the selected tests are about, in their order."""
    names = [getattr(item, "callspec", None) for item in items]
    wanted = [spec.params.get("name") for spec in names if spec is not None]
    return [name for name in dict.fromkeys(wanted) if name in known]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, asyncio.Task[object]]]:
    """What every selected drill and play comes to, by name."""
    known: dict[str, Callable[[Path], Awaitable[object]]] = {
        **{name: partial(play, drill) for name, drill in DRILLS.items()}, **PLAYS, **MODEL_DRILLS,
    }  # fmt: skip
    room = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(name: str, data: Path) -> object:
        async with room:
            return await known[name](data)

    running = {
        name: asyncio.create_task(one(name, tmp_path_factory.mktemp(name.replace(":", "-"))))
        for name in _selected(request.session.items, set(known))
    }
    yield running
    for task in running.values():
        task.cancel()
    await asyncio.gather(*running.values(), return_exceptions=True)
