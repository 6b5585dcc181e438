"""The serving process: webhooks, Slack's events, the projector, the intake and the sweeper."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import duty, wiring
from bot.adapters import store
from bot.adapters.redis_talks import RedisTalks
from bot.crashes import arm_crashes
from bot.incidents.hints import Usable
from bot.incidents.intake import Intake
from bot.incidents.pulse import Pulse
from bot.knowledge.hinting import RunbookHints
from bot.knowledge.problem import format_problem
from bot.settings import Settings
from bot.slack import listeners
from bot.slack.app import find_channel, make_app, make_client, unreachable
from bot.slack.assembly import Parts, Runs, assemble
from bot.slack.directory import SlackDirectory
from bot.slack.http import add_slack_route
from bot.slack.talk.thinker import THINK_SECONDS
from bot.web.server import WebServer
from bot.web.sources.generic import check_mapping
from bot.wiring import Core, Prepared

log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """Run until cancelled. Raises SettingsError and whatever else start-up refuses."""
    settings.require_slack()
    check_mapping(settings.generic_mapping)
    host, port = settings.http_host_port
    prepared = wiring.prepare(settings)
    for problem in prepared.problems:
        log.warning("left out: %s", format_problem(problem))
    arm_crashes(settings.crash_folder)
    async with wiring.core(settings, prepared) as core, AsyncExitStack() as closing:
        client = make_client(
            _told(settings.slack_bot_token) or "", settings.slack_api_url, core.redactor
        )
        slack = assemble(await _parts(settings, prepared, core, client))
        app = make_app(client, _told(settings.slack_signing_secret))
        listeners.register(app, slack.deps)
        socket = await _socket(settings, app)
        if socket:
            closing.push_async_callback(socket.close_async)
        sweeper = wiring.sweeper(core)
        vitals = {
            **duty.vitals(core, sweeper),
            "slack": lambda: unreachable(client, socket),
            "threads": slack.projector.trouble,
        }
        pulse = Pulse(
            vitals,
            duty.heartbeats(settings, core.backends),
            wiring.now,
            seconds=settings.heartbeat_seconds,
        )
        state: dict[str, Any] = {"ok": False, "runbooks": len(prepared.runbooks)}
        server = _web(settings, prepared, core, lambda: {**state, **pulse.state})
        if settings.slack_mode == "http":
            add_slack_route(server.app, app)
        runner = await server.start(host, port)
        closing.push_async_callback(runner.cleanup)
        state["ok"] = True
        watchdog = duty.watchdog(settings, core)
        intake = Intake(core.inbox, core.incidents, prepared.inventory, watchdog.hear)
        catch_up = duty.catch_up(settings, prepared, core)
        await _work(intake, sweeper, watchdog, pulse, catch_up, *slack.runs)


async def _parts(
    settings: Settings, prepared: Prepared, core: Core, client: AsyncWebClient
) -> Parts:
    return Parts(
        client=client,
        directory=SlackDirectory(client, duty.rotas(core.backends)),
        channel=await find_channel(client, settings.channel),
        ledger=core.ledger,
        feed=core.ledger,
        controls=core.controls,
        slots=core.slots,
        homes=core.homes,
        follows=core.follows,
        questions=core.questions,
        talks=RedisTalks(core.redis),
        trouble=lambda: store.trouble(core.redis),
        incidents=core.incidents,
        planner=core.planner,
        catalog=core.catalog,
        readings=core.readings,
        inventory=prepared.inventory,
        redactor=core.redactor,
        clock=wiring.now,
        approvers=settings.approvers,
        model=bool(settings.chosen_model),
        usable=_usable(settings, prepared),
        patience=THINK_SECONDS,
    )


def _usable(settings: Settings, prepared: Prepared) -> Usable:
    """A model reads any hint; the runbook agent those that are about a runbook."""
    return (lambda *_: True) if settings.chosen_model else RunbookHints(prepared.runbooks)


def _web(
    settings: Settings, prepared: Prepared, core: Core, healthy: Callable[[], dict[str, Any]]
) -> WebServer:
    return WebServer(
        core.inbox,
        prepared.inventory,
        wiring.now,
        secrets=settings.webhook_secrets,
        topics=settings.sns_topics,
        mapping=settings.generic_mapping,
        healthy=healthy,
    )


async def _socket(settings: Settings, app: AsyncApp) -> AsyncSocketModeHandler | None:
    if settings.slack_mode != "socket" or settings.slack_app_token is None:
        return None
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value())
    await handler.connect_async()  # type: ignore[no-untyped-call]
    return handler


async def _work(*parts: Runs) -> None:
    async with asyncio.TaskGroup() as tasks:
        for part in parts:
            tasks.create_task(part.run())


def _told(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
