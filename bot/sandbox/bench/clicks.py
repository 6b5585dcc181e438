"""`bench slack`: how soon a click is acknowledged while many incidents are open, both ways in."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.adapters import store
from bot.adapters.redis_ledger import RedisLedger
from bot.domain.plan_state import PlanStatus
from bot.sandbox.bench import crowd
from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.scene import BenchError
from bot.sandbox.ports import free_http_addr
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import MAYA, Workspace
from bot.sandbox.valkey import EmbeddedValkey
from bot.slack import ids
from bot.slack.ids import PlanRef
from bot.supervisor import Supervisor

Mode = Literal["socket", "http"]
OPEN = 200
_WARM_UP, _CLICKS = 20, 100
_LIMIT_MS = 1000.0
_PATIENCE = 60.0


async def bench_slack(progress: Callable[[str], None], incidents: int = OPEN) -> list[Figure]:
    """Half of all clicks and all but one in a hundred, with one incident open and with so many.

    Takes a minute, two processors best all to itself. Raises BenchError, and what the start of
    opsbot raises.
    """
    figures: list[Figure] = []
    modes: tuple[Mode, Mode] = ("socket", "http")
    for mode in modes:
        with tempfile.TemporaryDirectory(prefix="opsbot-bench-") as folder:
            progress(f"Starting opsbot, in {mode} mode …")
            async with _Clicks(Path(folder), mode) as clicks:
                first = await clicks.ask(1)
                progress("Clicks with 1 incident open …")
                await clicks.press([first] * _WARM_UP)
                alone = await clicks.press([first] * _CLICKS)
                progress(f"Opening {incidents - 1} more …")
                crowded = [first, *[await clicks.ask(n) for n in range(2, incidents + 1)]]
                progress(f"Clicks with {incidents} incidents open …")
                # Each of them decides: the card and the approval are edited behind the clicks.
                taken = await clicks.press(crowded)
                await clicks.decided(crowded)
                figures += _figures(mode, incidents, alone, taken)
    return figures


def _figures(mode: Mode, incidents: int, alone: list[float], crowded: list[float]) -> list[Figure]:
    return [
        Figure(
            name=f"click_{mode}_p{percent}",
            title=f"A click is acknowledged, {mode} mode, p{percent} with {incidents} incidents",
            value=_percentile(crowded, percent),
            unit="ms",
            limit=_LIMIT_MS,
            baseline=_percentile(alone, percent),
            against="1 incident",
        )
        for percent in (50, 99)
    ]


def _percentile(values: list[float], percent: int) -> float:
    """The least value that so many percent don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


class _Clicks:
    """opsbot's serving process between a real Valkey and the local Slack, and Maya's finger."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self._mode = mode
        self._folder = folder
        self._valkey = EmbeddedValkey(folder)
        self._slack = LocalSlack()
        self._secret = secrets.token_hex(16)
        self._http_addr = free_http_addr("127.0.0.1:0")
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            for part in (self._valkey, self._slack):
                await part.start()
                self._stack.push_async_callback(part.stop)
            redis = await store.connect(self._valkey.url)
            self._stack.push_async_callback(redis.aclose)
            self._ledger = RedisLedger(redis, sync_each_commit=False)
            self._http = await self._stack.enter_async_context(aiohttp.ClientSession())
            log = self._folder / "opsbot.log"
            supervisor = Supervisor(self._environment(), log=log, processes=("serve",))
            self._stack.push_async_callback(supervisor.stop)
            await supervisor.start(f"http://{self._http_addr}/health")
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def ask(self, number: int) -> PlanRef:
        return await crowd.ask(self._ledger, number)

    async def press(self, plans: list[PlanRef]) -> list[float]:
        """Approve each, one after the other; the milliseconds to each acknowledgement."""
        send: Callable[[dict[str, Any]], Awaitable[object]] = (
            self._over_the_socket if self._mode == "socket" else self._over_http
        )
        taken = []
        for plan in plans:
            payload = _click(plan)
            begun = time.perf_counter()
            await send(payload)
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    async def decided(self, plans: list[PlanRef]) -> None:
        """Return once each is approved. Raises BenchError: what was measured were no clicks."""
        left = {plan.incident for plan in plans}
        until = time.monotonic() + _PATIENCE
        while left and time.monotonic() < until:
            for incident in sorted(left):
                fix = (await self._ledger.load(incident)).fix
                if fix and fix.status is not PlanStatus.AWAITING:
                    left.discard(incident)
            await asyncio.sleep(0.1)
        if left:
            raise BenchError(f"{len(left)} of {len(plans)} clicks decided nothing")

    async def _over_the_socket(self, payload: dict[str, Any]) -> object:
        return await self._slack.socket_mode.ask("interactive", payload)

    async def _over_http(self, payload: dict[str, Any]) -> object:
        body = urlencode({"payload": json.dumps(payload)})
        at = str(int(time.time()))
        signature = SignatureVerifier(self._secret).generate_signature(timestamp=at, body=body)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or "",
        }
        url = f"http://{self._http_addr}/slack/events"
        async with self._http.post(url, data=body, headers=headers) as answer:
            if answer.status != 200:
                raise BenchError(f"a click was answered {answer.status}")
            return await answer.read()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "",
            "HOME": str(self._folder),
            "REDIS_URL": self._valkey.url,
            "OPSBOT_DATA": str(self._folder),
            "OPSBOT_HTTP_ADDR": self._http_addr,
            "SLACK_API_URL": self._slack.api_url,
            "SLACK_BOT_TOKEN": self._slack.bot_token,
            "SLACK_APP_TOKEN": self._slack.app_token,
            "SLACK_SIGNING_SECRET": self._secret,
            "OPSBOT_SLACK_MODE": self._mode,
            "OPSBOT_APPROVERS": MAYA.id,
        }


def _click(plan: PlanRef) -> dict[str, Any]:
    """Maya presses Approve; the channel is the local Slack's first."""
    workspace = Workspace()
    channel = workspace.channels[0]
    return {
        "type": "block_actions",
        "trigger_id": secrets.token_hex(16),
        "user": {"id": MAYA.id, "team_id": workspace.team.id},
        "team": {"id": workspace.team.id},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": channel.id},
        "channel": {"id": channel.id},
        "actions": [
            {
                "type": "button",
                "action_id": ids.APPROVE,
                "block_id": "approval",
                "value": plan.pack(),
                "action_ts": "1.1",
            }
        ],
    }
