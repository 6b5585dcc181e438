"""The serving process: webhooks, Slack's events, the projector, the intake and the sweeper."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot import duty, wiring
from bot.adapters import store
from bot.crashes import arm_crashes
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import Brakes, MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.intake import Intake
from bot.incidents.intervention import Intervention
from bot.incidents.narrowing import Narrowing
from bot.incidents.pulse import Pulse
from bot.incidents.question import Question
from bot.incidents.undoing import Undoing
from bot.knowledge.problem import format_problem
from bot.settings import Settings
from bot.slack import listeners
from bot.slack.app import find_channel, make_app, make_client, unreachable
from bot.slack.directory import SlackDirectory
from bot.slack.http import add_slack_route
from bot.slack.listeners.deps import Deps
from bot.slack.messages import Messages
from bot.slack.projector import Projector
from bot.slack.voice import Voice
from bot.web.server import WebServer
from bot.web.sources.generic import check_mapping
from bot.wiring import Core, Prepared

log = logging.getLogger(__name__)
_ANSWER_SECONDS = 90.0


async def serve(settings: Settings) -> None:
    """Run until cancelled. Raises SettingsError and whatever else start-up refuses."""
    settings.require_slack()
    check_mapping(settings.generic_mapping)
    host, port = settings.http_host_port
    prepared = wiring.prepare(settings)
    for problem in prepared.problems:
        log.warning("left out: %s", format_problem(problem))
    arm_crashes(settings.crash_folder)
    async with wiring.core(settings, prepared) as core:
        token = settings.slack_bot_token
        client = make_client(token.get_secret_value() if token else "", settings.slack_api_url)
        directory = SlackDirectory(client, duty.rotas(core.backends))
        secret = settings.slack_signing_secret
        app = make_app(client, secret.get_secret_value() if secret else None)
        approvals = Approvals(core.incidents, directory)
        takeover = Takeover(core.incidents, directory)
        narrowing = Narrowing(core.incidents, core.catalog, core.planner, directory)
        answers = Answers(core.ledger, wiring.now)
        ask = _asking(core) if settings.chosen_model else None
        brakes = Brakes(core.incidents, core.controls, prepared.inventory)
        members = MembersBrakes(brakes, directory, settings.approvers)
        deps = Deps(
            approvals,
            narrowing,
            answers,
            directory,
            core.slots,
            takeover,
            members,
            ask,
            intervention=Intervention(core.incidents, directory),
            undoing=Undoing(core.incidents, core.catalog, approvals, core.planner.discretion),
        )
        listeners.register(app, deps)
        state: dict[str, Any] = {"ok": False, "runbooks": len(prepared.runbooks)}
        handler = await _socket(settings, app)
        sweeper = wiring.sweeper(core)
        projector: Projector
        vitals = {
            **duty.vitals(core, sweeper),
            "slack": lambda: unreachable(client, handler),
            "threads": lambda: projector.trouble(),
        }
        pulse = Pulse(
            vitals,
            duty.heartbeats(settings, core.backends),
            wiring.now,
            seconds=settings.heartbeat_seconds,
        )
        server = _web(settings, prepared, core, lambda: {**state, **pulse.state})
        if settings.slack_mode == "http":
            add_slack_route(server.app, app)
        runner: web.AppRunner | None = None
        try:
            channel = await find_channel(client, settings.channel)
            runner = await server.start(host, port)
            state["ok"] = True
            messages = Messages(client, core.slots, core.redactor)
            projector = Projector(
                core.ledger,
                core.ledger,
                core.slots,
                messages,
                directory,
                channel,
                core.incidents.pace,
                standing_in=settings.approvers,
                declared=narrowing.declared,
            )
            watchdog = duty.watchdog(settings, core)
            intake = Intake(core.inbox, core.incidents, prepared.inventory, watchdog.hear)
            catch_up = duty.catch_up(settings, prepared, core)
            voice = Voice(client, channel, lambda: store.trouble(core.redis))
            await _work(intake, sweeper, projector, watchdog, pulse, catch_up, voice)
        finally:
            if handler:
                await handler.close_async()  # type: ignore[no-untyped-call]
            if runner:
                await runner.cleanup()


def _asking(core: Core) -> Callable[[Question], Awaitable[str | None]]:
    async def ask(question: Question) -> str | None:
        return await core.questions.ask(question, _ANSWER_SECONDS)

    return ask


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


class _Runs(Protocol):
    async def run(self) -> None: ...


async def _work(*parts: _Runs) -> None:
    async with asyncio.TaskGroup() as tasks:
        for part in parts:
            tasks.create_task(part.run())
