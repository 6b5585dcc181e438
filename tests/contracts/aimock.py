"""npm's aimock, started with fixtures of ours: somebody else's idea of both providers."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.http_server import FakeServer, Handler

PACKAGE = "@copilotkit/aimock@1.43.0"
KEY = "aimock-key"
_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
_HERE = Path(__file__).parent / ".npm"


def program() -> Path:
    """`llmock` of the folder that OPSBOT_NPM names, else of `.npm` here; skips without it."""
    folder = Path(os.environ.get("OPSBOT_NPM") or _HERE)
    found = folder / "node_modules" / ".bin" / "llmock"
    if not found.exists():
        pytest.skip(f"no aimock: npm install --prefix {folder} {PACKAGE}, and set OPSBOT_NPM")
    return found


@asynccontextmanager
async def aimock(folder: Path, *fixtures: dict[str, Any]) -> AsyncIterator[FakeServer]:
    """aimock with these fixtures, for as long as the block runs, behind a server that keeps what
    it was sent: aimock's own journal tells it in other words."""
    file = folder / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        program(),
        *("-p", str(port), "-f", str(file), "--strict", "--log-level", "warn"),
        env={**os.environ, "AIMOCK_API_KEYS": KEY},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await _answers(port, process)
        async with aiohttp.ClientSession() as session, FakeServer(_to(session, port)) as front:
            yield front
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _to(session: aiohttp.ClientSession, port: int) -> Handler:
    async def forward(request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _OURS}
        url = f"http://127.0.0.1:{port}{request.path_qs}"
        body = await request.read()
        async with session.request(request.method, url, data=body, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _OURS}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            except aiohttp.ClientError:
                # It cut the connection, so that is what its client has to see.
                assert request.transport is not None
                request.transport.close()
            return response

    return forward


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(200):
        if process.returncode is not None:
            assert process.stdout is not None
            pytest.fail(f"aimock ended: {(await process.stdout.read()).decode()[-2000:]}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    pytest.fail("aimock did not begin to listen within 10 s")
