"""npm's aimock, started with fixtures of ours: somebody else's idea of both providers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.contracts.front import forwarding
from tests.contracts.npm import find, free_port, listening
from tests.fakes.http_server import FakeServer

KEY = "aimock-key"


@asynccontextmanager
async def aimock(folder: Path, *fixtures: dict[str, Any]) -> AsyncIterator[FakeServer]:
    """aimock with these fixtures, for as long as the block runs, behind a server that keeps what
    it was sent: aimock's own journal tells it in other words."""
    file = folder / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    port = free_port()
    options = ("-p", str(port), "-f", str(file), "--strict", "--log-level", "warn")
    environ = {"AIMOCK_API_KEYS": KEY}
    async with (
        listening(port, find(".bin/llmock"), *options, environ=environ),
        aiohttp.ClientSession() as session,
        FakeServer(forwarding(session, port)) as front,
    ):
        yield front
