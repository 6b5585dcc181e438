"""Composition of what keeps watch: over the senders, over opsbot itself, over who is on call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot import wiring
from bot.adapters.redis_standing import RedisStanding
from bot.adapters.redis_watch import RedisWatch
from bot.adapters.rota import BackendRotas
from bot.adapters.rq_queue import ACT, WAIT
from bot.adapters.store import trouble
from bot.adapters.url_heartbeat import UrlHeartbeat
from bot.domain.values import Alert
from bot.incidents.catchup import CatchUp
from bot.incidents.pulse import Beat, Vital
from bot.incidents.sweeper import Sweeper
from bot.incidents.watchdog import Watchdog
from bot.settings import Settings
from bot.web.delivery import Delivery
from bot.web.senders import Parse, senders
from bot.web.standing import ApiSender
from bot.wiring import Core, Prepared
from tools.kit.integration import Backend
from tools.kit.sender import AlertSender
from tools.oncall.opsgenie import Opsgenie
from tools.oncall.port import Rota

_WORKER_SILENT = timedelta(seconds=30)
"""A worker gives a sign of life every 10 s."""
_SWEEP_LATE = timedelta(seconds=15)
_INBOX_LATE = timedelta(seconds=60)


def rotas(backends: Mapping[str, Backend]) -> BackendRotas:
    """Who is on call, asked of the configured rota; without one no rota can be read."""
    return BackendRotas(next((b for b in backends.values() if isinstance(b, Rota)), None))


def watchdog(settings: Settings, core: Core) -> Watchdog:
    return Watchdog(
        RedisWatch(core.redis),
        core.inbox,
        core.ledger,
        wiring.now,
        seconds=settings.watchdog_seconds,
        expected=settings.watchdog_expected,
    )


def catch_up(settings: Settings, prepared: Prepared, core: Core) -> CatchUp:
    """Over every configured sender that can be asked and whose webhook is known."""
    known = senders(settings.generic_mapping)
    asked = [
        ApiSender(name, backend, _parser(known[name].parse, prepared))
        for name, backend in core.backends.items()
        if isinstance(backend, AlertSender) and name in known
    ]
    return CatchUp(asked, core.inbox, core.ledger, RedisStanding(core.redis), wiring.now)


def heartbeats(settings: Settings, backends: Mapping[str, Backend]) -> dict[str, Beat]:
    """Where signs of life go."""
    found: dict[str, Beat] = {}
    if settings.heartbeat_url:
        found["url"] = UrlHeartbeat(settings.heartbeat_url, settings.heartbeat_method).beat
    opsgenie = backends.get("opsgenie")
    if isinstance(opsgenie, Opsgenie) and opsgenie.heartbeat:
        found["opsgenie"] = opsgenie.heartbeat.beat
    return found


def vitals(core: Core, sweeper: Sweeper) -> dict[str, Vital]:
    """What has to be well for opsbot to be able to work, Slack aside."""
    return {
        "redis": lambda: trouble(core.redis),
        "wait worker": _worker(core, WAIT, "wait"),
        "act worker": _worker(core, ACT, "act"),
        "sweeper": lambda: _sweeps(sweeper),
        "intake": lambda: _takes_in(core),
    }


def _parser(parse: Parse, prepared: Prepared) -> Callable[[bytes], list[Alert]]:
    return lambda body: parse(Delivery(body, (), wiring.now()), prepared.inventory)


def _worker(core: Core, queue: str, kind: str) -> Callable[[], Awaitable[str | None]]:
    async def alive() -> str | None:
        if await core.queue.workers(queue, datetime.now(UTC) - _WORKER_SILENT):
            return None
        return f"none is alive; start `opsbot worker {kind}`"

    return alive


async def _sweeps(sweeper: Sweeper) -> str | None:
    last = sweeper.swept_at
    if last and wiring.now() - last < _SWEEP_LATE:
        return None
    return f"its last sweep ended {last:%H:%M:%S} UTC" if last else "it has not swept yet"


async def _takes_in(core: Core) -> str | None:
    oldest = await core.inbox.oldest()
    if oldest and wiring.now() - oldest > _INBOX_LATE:
        return f"an alert waits in the inbox since {oldest:%H:%M:%S} UTC"
    return None
