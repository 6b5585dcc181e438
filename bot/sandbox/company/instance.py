"""A server process of the sample company and the line protocol it is asked in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bot.sandbox.company.child import Child

ANSWER_SECONDS = 2.0


class Instance:
    """A named, running server process; `ask` speaks with it over TCP, `tell` over its private pipe.

    One connection is kept for asking, and opened anew after it broke.
    """

    def __init__(self, name: str, service: str, child: Child, port: int) -> None:
        self.name = name
        self.service = service
        self.port = port
        self._child = child
        self._lock = asyncio.Lock()
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def start(
        cls,
        name: str,
        service: str,
        script: str,
        config: dict[str, Any],
        on_log: Callable[[Any], None],
    ) -> Instance:
        child = await Child.start(script, config, on_log)
        return cls(name, service, child, await child.port())

    @property
    def pid(self) -> int:
        return self._child.pid

    async def tell(self, command: dict[str, Any]) -> None:
        """Give a command that no client of the company could give; returns when it holds."""
        await self._child.tell(command)

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """One line out, one line back; OSError or TimeoutError where the process gives none."""
        async with self._lock, asyncio.timeout(ANSWER_SECONDS):
            if self._stream is None:
                self._stream = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self._stream
            try:
                writer.write(json.dumps(question).encode() + b"\n")
                line = await reader.readline()
            except BaseException:
                self._hang_up()
                raise
            if not line:
                self._hang_up()
                raise ConnectionResetError(f"{self.name} closed the connection")
            answer: dict[str, Any] = json.loads(line)
            return answer

    async def end(self) -> None:
        self._hang_up()
        await self._child.end()

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None
