"""The serving process: webhooks, Slack's events, the projector, the intake and the sweeper."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot import duty, wiring
from bot.adapters import store
from bot.adapters.redis_talks import RedisTalks
from bot.crashes import arm_crashes
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import Brakes, MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.courier import Courier
from bot.incidents.feedback import Feedback
from bot.incidents.following import Following
from bot.incidents.hints import Hints, Usable
from bot.incidents.inquiry import Inquiry
from bot.incidents.intake import Intake
from bot.incidents.intervention import Intervention
from bot.incidents.lists import Lists
from bot.incidents.narrowing import Narrowing
from bot.incidents.notes import Notes
from bot.incidents.opening import Opening
from bot.incidents.pulse import Pulse
from bot.incidents.responders import Responders
from bot.incidents.storms import StormDesk, Storms
from bot.incidents.thinking import Thinking
from bot.incidents.undoing import Undoing
from bot.knowledge.hinting import RunbookHints
from bot.knowledge.problem import format_problem
from bot.settings import Settings
from bot.slack import listeners
from bot.slack.addresses import Addresses
from bot.slack.app import find_channel, make_app, make_client, unreachable
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.glance import Glance
from bot.slack.herald import SlackHerald
from bot.slack.homes import Homes
from bot.slack.http import add_slack_route
from bot.slack.listeners.deps import Deps
from bot.slack.messages import Messages
from bot.slack.projector import Projector
from bot.slack.teller import Teller
from bot.slack.thinker import Thinker
from bot.slack.voice import Voice
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
    async with wiring.core(settings, prepared) as core:
        token = settings.slack_bot_token
        client = make_client(
            token.get_secret_value() if token else "", settings.slack_api_url, core.redactor
        )
        directory = SlackDirectory(client, duty.rotas(core.backends))
        channel = await find_channel(client, settings.channel)
        secret = settings.slack_signing_secret
        app = make_app(client, secret.get_secret_value() if secret else None)
        approvals = Approvals(core.incidents, directory)
        takeover = Takeover(core.incidents, directory)
        narrowing = Narrowing(core.incidents, core.catalog, core.planner, directory)
        answers = Answers(core.ledger, wiring.now)
        brakes = Brakes(core.incidents, core.controls, prepared.inventory)
        members = MembersBrakes(brakes, directory, settings.approvers)
        messages = Messages(client, core.slots, core.redactor)
        following = Following(
            core.follows, core.ledger, prepared.inventory, directory, channel, wiring.now
        )
        board = Board(core.ledger)
        addresses = Addresses(core.slots, messages)
        glance = Glance(directory)
        homes = Homes(
            client,
            core.ledger,
            core.homes,
            core.slots,
            board,
            addresses,
            directory,
            glance,
            following,
            channel,
            wiring.now,
            redactor=core.redactor,
        )
        teller = _teller(core, prepared, messages, directory, channel)
        thinker = Thinker(
            client,
            core.questions,
            core.ledger,
            answers,
            teller,
            messages,
            core.slots,
            directory,
            wiring.now,
        )
        deps = Deps(
            approvals,
            narrowing,
            answers,
            directory,
            core.slots,
            takeover,
            members,
            teller,
            RedisTalks(core.redis),
            Feedback(core.ledger, directory, wiring.now),
            Hints(core.incidents, directory, _usable(settings, prepared)),
            following,
            Thinking(core.questions, prepared.inventory, model=bool(settings.chosen_model)),
            Opening(core.incidents, prepared.inventory, directory),
            thinker.wake,
            responders=Responders(core.incidents, directory),
            lists=Lists(core.ledger, directory),
            ledger=core.ledger,
            channel=channel,
            client=client,
            storm=StormDesk(Storms(core.ledger), core.incidents, takeover),
            notes=Notes(core.incidents, directory),
            homes=homes,
            board=board,
            addresses=addresses,
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
            runner = await server.start(host, port)
            state["ok"] = True
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
                inventory=prepared.inventory,
                oncall=core.incidents.oncall,
            )
            watchdog = duty.watchdog(settings, core)
            intake = Intake(core.inbox, core.incidents, prepared.inventory, watchdog.hear)
            catch_up = duty.catch_up(settings, prepared, core)
            voice = Voice(client, channel, lambda: store.trouble(core.redis))
            herald = SlackHerald(messages, core.slots, directory, channel)
            courier = Courier(core.follows, core.ledger, herald, wiring.now)
            keeping = (watchdog, pulse, catch_up, voice, courier, thinker, homes)
            await _work(intake, sweeper, projector, *keeping)
        finally:
            if handler:
                await handler.close_async()  # type: ignore[no-untyped-call]
            if runner:
                await runner.cleanup()


def _teller(
    core: Core,
    prepared: Prepared,
    messages: Messages,
    directory: SlackDirectory,
    channel: str,
) -> Teller:
    inquiry = Inquiry(core.readings, core.catalog, prepared.inventory, core.slots, wiring.now)
    return Teller(core.ledger, core.slots, messages, directory, inquiry, wiring.now, channel)


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


class _Runs(Protocol):
    async def run(self) -> None: ...


async def _work(*parts: _Runs) -> None:
    async with asyncio.TaskGroup() as tasks:
        for part in parts:
            tasks.create_task(part.run())
