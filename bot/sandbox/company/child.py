"""One operating system process of the sample company, which dies with the process that started it.

It must be started from the event loop's thread: the kernel's death signal follows the thread.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).parent / "processes" / "launch.py"
LINE_LIMIT = 1 << 20
TAKEN_IN_SECONDS = 5.0


class Child:
    """Runs one script of `processes/`; hands on its log lines, takes commands, can be ended."""

    def __init__(self, process: asyncio.subprocess.Process, on_log: Callable[[Any], None]) -> None:
        self._process = process
        self._on_log = on_log
        self._port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._told: asyncio.Queue[None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, script: str, config: dict[str, Any], on_log: Callable[[Any], None]
    ) -> Child:
        """Start `script`; `on_log` gets `{"at", "level", "message"}` for each of its log lines."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(LAUNCHER), script, str(os.getpid()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True, limit=LINE_LIMIT,
        )  # fmt: skip
        child = cls(process, on_log)
        child._write(config)
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    async def port(self) -> int:
        """The loopback port it listens on, once it does; RuntimeError where it ended before."""
        return await asyncio.shield(self._port)

    async def tell(self, command: dict[str, Any]) -> None:
        """Send a command over its private channel; returns when the process has taken it in."""
        self._write(command)
        async with asyncio.timeout(TAKEN_IN_SECONDS):
            await self._told.get()

    def _write(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def wait(self) -> int:
        """Its exit code, after its last log line was handed on."""
        await asyncio.shield(self._reading)
        return await self._process.wait()

    async def end(self) -> None:
        """Kill it and wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if said["event"] == "ready":
                self._port.set_result(said["port"])
            elif said["event"] == "told":
                self._told.put_nowait(None)
            else:
                self._on_log(said)
        if not self._port.done():
            self._port.set_exception(RuntimeError(f"process {self.pid} ended without a port"))
            self._port.exception()  # jobs never open one: nobody needs to look at this
