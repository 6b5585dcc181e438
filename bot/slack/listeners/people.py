"""The card's buttons and menu, the windows behind them, and Accept."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Severity
from bot.slack import grammar as g
from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.commands import answered, guarded, say_alone
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import NOT_OURS, place_of, value_of
from bot.slack.listeners.verbs import Asked, ask_for_more, perform
from bot.slack.views import commands as say
from bot.slack.views.commands import Answer
from bot.slack.views.people import LEVEL, USER, WORDS, Window

Body = dict[str, Any]


def register(app: AsyncApp, deps: Deps) -> None:
    """What a button carries is a command as text, read and checked again like one."""

    @app.action(re.compile(f"^({ids.CATCH_UP}|{ids.MENU})$"))
    async def chosen(ack: AsyncAck, body: Body) -> None:
        await ack()
        asked = _asked(body)
        await say_alone(deps, asked, await answered(deps, asked, value_of(body)))

    @app.action(ids.SEVERITY)
    async def proposed(ack: AsyncAck, body: Body) -> None:
        """A person sets it: the window comes first, with opsbot's reason in it."""
        await ack()
        asked, value = _asked(body), value_of(body)

        async def act() -> Answer | None:
            await sight.require(deps, asked.user, asked.channel)
            try:
                command = g.parse(value)
            except g.MisunderstoodError as error:
                raise CommandRefusedError(NOT_OURS.rstrip(".")) from error
            incident = await deps.ledger.load(command.incident or "")
            if not isinstance(command, g.SetSeverity) or not incident.exists:
                raise CommandRefusedError(NOT_OURS.rstrip("."))
            return await ask_for_more(deps, asked, command, incident)

        await say_alone(deps, asked, await guarded(deps, asked, act()))

    @app.action(ids.ACCEPT)
    async def accept(ack: AsyncAck, body: Body) -> None:
        await ack()
        asked, value = _asked(body), value_of(body)

        async def act() -> Answer:
            incident = await deps.responders.accept(value, asked.user)
            return say.command_taken(incident)

        await say_alone(deps, asked, await guarded(deps, asked, act()))

    for view, read in _WINDOWS.items():
        app.view(view)(_submitted(deps, read))


def _submitted(
    deps: Deps, read: Callable[[str, Body], g.Command | None]
) -> Callable[..., Awaitable[None]]:
    async def submitted(ack: AsyncAck, body: Body) -> None:
        place = Window.unpack(body["view"]["private_metadata"])
        command = read(place.incident, body["view"]["state"]["values"])
        if command is None:
            await ack(response_action="errors", errors={WORDS: "Say it in a few words."})
            return
        await ack()
        asked = Asked(
            user=body["user"]["id"],
            channel=place.channel,
            thread_ts=place.thread_ts,
            once=body["view"]["id"],
        )
        await say_alone(deps, asked, await guarded(deps, asked, perform(deps, asked, command)))

    return submitted


def _severity(incident: str, values: Body) -> g.Command | None:
    words = _words(values)
    level = cast(Severity, values[LEVEL][LEVEL]["selected_option"]["value"])
    if not words:
        return None
    return g.SetSeverity(verb="sev", incident=incident, severity=level, reason=words)


def _commander(incident: str, values: Body) -> g.Command | None:
    user = str(values[USER][USER]["selected_user"])
    return g.GiveCommand(verb="commander", incident=incident, user=user)


def _resolve(incident: str, values: Body) -> g.Command | None:
    words = _words(values)
    return g.Resolve(verb="resolve", incident=incident, summary=words) if words else None


def _reopen(incident: str, values: Body) -> g.Command | None:
    words = _words(values)
    return g.Reopen(verb="reopen", incident=incident, reason=words) if words else None


_WINDOWS: dict[str, Callable[[str, Body], g.Command | None]] = {
    ids.SEVERITY_VIEW: _severity,
    ids.COMMANDER_VIEW: _commander,
    ids.RESOLVE_VIEW: _resolve,
    ids.REOPEN_VIEW: _reopen,
}


def _words(values: Body) -> str:
    return " ".join(str(values[WORDS][WORDS]["value"] or "").split())


def _asked(body: Body) -> Asked:
    channel, thread = place_of(body)
    return Asked(
        user=body["user"]["id"],
        channel=channel,
        thread_ts=thread,
        once=body["trigger_id"],
        trigger=body["trigger_id"],
    )
