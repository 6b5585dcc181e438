"""Runs opsbot's processes as children: starts them, starts them again, ends them."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path

import aiohttp

from bot.adapters.process import die_with_parent

log = logging.getLogger(__name__)
PROCESSES: dict[str, tuple[str, ...]] = {
    "serve": ("serve",),
    "wait": ("worker", "wait"),
    "act": ("worker", "act"),
}
_START_SECONDS = 90.0
_WATCH_SECONDS = 0.5
_END_SECONDS = 5.0


class NotReadyError(Exception):
    """A process ended at start-up. Its own words stand on stderr."""


class Supervisor:
    """Children that die with this process, and come back when they die alone.

    Use it from the main thread: the kernel ends a child with the thread that started it.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        quiet: bool = False,
        log: Path | None = None,
        processes: Iterable[str] = tuple(PROCESSES),
    ) -> None:
        """`log`: a file for all that they say; otherwise they say it here, `quiet` only errors."""
        self._environment = dict(environment)
        self._quiet = quiet
        self._log = log
        self._commands = {name: PROCESSES[name] for name in processes}
        self._told: dict[str, dict[str, str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def pids(self) -> dict[str, int]:
        """Name → pid of each process now."""
        return {name: process.pid for name, process in self._running.items()}

    async def start(self, health_url: str) -> None:
        """Start all and wait until they answer. Raises NotReadyError."""
        for name in self._commands:
            self._spawn(name)
        try:
            await asyncio.wait_for(self._ready(health_url), _START_SECONDS)
        except TimeoutError as error:
            raise NotReadyError(f"opsbot wasn't ready within {_START_SECONDS:.0f} s") from error
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watching:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                await asyncio.to_thread(process.wait, _END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def kill(self) -> None:
        """Kill all with -9, as when the machine dies; nothing is started again."""
        if self._watching:
            self._watching.cancel()
        for process in self._running.values():
            process.kill()
            process.wait()

    def add(self, name: str, *command: str, **told: str) -> None:
        """Start one process more, `opsbot` with these words, and look after it too. `told`: what
        it is told otherwise than the rest."""
        self._commands[name] = command
        self._told[name] = told
        self._spawn(name)

    def _spawn(self, name: str) -> None:
        parent = os.getpid()
        with self._log.open("ab") if self._log else nullcontext() as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-P", "-m", "bot", *self._commands[name]],
                env=self._environment | self._told.get(name, {}),
                stdin=subprocess.DEVNULL,
                stdout=log or (subprocess.DEVNULL if self._quiet else None),
                stderr=log,
                preexec_fn=lambda: die_with_parent(parent),
            )

    async def _ready(self, health_url: str) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                for name, process in self._running.items():
                    if process.poll() is not None:
                        raise NotReadyError(
                            f"`opsbot {' '.join(self._commands[name])}` ended at start"
                        )
                try:
                    async with session.get(health_url) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    log.warning("%s ended (%s); starting it again", name, process.returncode)
                    try:
                        self._spawn(name)
                    except OSError as error:
                        log.warning("%s can't be started, tried again: %s", name, error)
