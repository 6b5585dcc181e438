"""`opsbot demo --headless --json` as a person runs it: a process, its exit code, one object."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Played:
    """What a run of the demo left: `record` is stdout as JSON, None where it printed nothing."""

    code: int
    record: dict[str, Any]
    stderr: str

    @property
    def effects(self) -> list[str]:
        """`operation target`, in the order in which they reached the company."""
        return [f"{e['operation']} {e['target']}" for e in self.record["effects"]]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.record["thread"]]


def demo(*options: str) -> Callable[[Path], Awaitable[Played]]:
    """A play with these options, on a port of its own."""

    async def play(data: Path) -> Played:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "demo",
            "--headless",
            "--json",
            *options,
            cwd=data,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "OPSBOT_HTTP_ADDR": "127.0.0.1:0",
                "TMPDIR": str(data),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        code = process.returncode if process.returncode is not None else -1
        return Played(code, json.loads(out) if out else {}, err.decode())

    return play


PLAYS: dict[str, Callable[[Path], Awaitable[Played]]] = {
    "approve": demo("--approve"),
    "reject": demo("--reject"),
    "auto": demo("--auto"),
    "no-runbook": demo("--no-runbook"),
    "fix-fails": demo("--fix-fails"),
    "wide": demo("--wide", "--approve"),
    "wide-model": demo("--wide", "--approve", "--model", "scripted"),
}
