"""Programs from npm that nobody here wrote: where they lie, and how one is kept running."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("OPSBOT_NPM") or _HERE / ".npm")
LIST = _HERE / "npm.txt"
"""Each package with its version; `.ci/run` installs them."""


def find(path: str) -> Path:
    """A file of those packages, by its path below `node_modules`; skips where it is not there."""
    found = FOLDER / "node_modules" / path
    if not found.exists():
        pytest.skip(
            f"no {path}: npm install --prefix {FOLDER} $(cat {LIST}), and set OPSBOT_NPM to it"
        )
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def listening(
    port: int, *command: str | Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """That program, from when it listens at `port` to the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environ or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = bytearray()
    reading = asyncio.create_task(_read(process.stdout, said))
    try:
        for _ in range(400):
            if process.returncode is not None:
                await reading
                pytest.fail(f"{command[0]} ended: {said.decode()[-2000:]}")
            if await _answers(port):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail(f"{command[0]} does not listen after 20 s: {said.decode()[-2000:]}")
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def _read(stream: asyncio.StreamReader, said: bytearray) -> None:
    """A pipe that nobody empties would hold the program up."""
    while chunk := await stream.read(4096):
        said += chunk


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
