"""What each command does, and what whoever typed it is answered."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.refusals import CommandRefusedError
from bot.incidents.intent import Intent
from bot.slack import grammar as g
from bot.slack.listeners import brakes, follow, sight
from bot.slack.listeners.deps import Deps
from bot.slack.views import commands as say
from bot.slack.views.brakes import which_scope
from bot.slack.views.catchup import catchup_lines
from bot.slack.views.commands import Answer
from bot.slack.views.people import Window, window
from tools.kit.types import Frozen


class Asked(Frozen):
    """By whom and where a command was given."""

    user: str
    channel: str
    thread_ts: str | None = None
    incident: str | None = None
    """That of the thread."""
    once: str
    """Id of the message or the click."""
    trigger: str | None = None
    """With which a window can be opened."""
    sentence: bool = False
    """Said in a chat, where words may be meant for people."""


async def perform(deps: Deps, asked: Asked, command: g.Command) -> Answer | None:
    """Do it; None where a window was opened instead. Raises CommandRefusedError."""
    user = asked.user
    match command:
        case g.Help():
            return say.help_answer()
        case g.Following(verb=verb, rest=rest):
            words = await follow.heard(deps, user, verb, rest, asked.incident)
            return Answer(text=words, private=True)
        case g.Brake():
            return await _brake(deps, asked, command)
        case g.OpenOne():
            return await _open(deps, asked, command)
        case g.ShowIncidents():
            return await _list(deps, asked, command)
        case g.ShowApprovals():
            await sight.require(deps, asked.user, asked.channel)
            waiting = await deps.lists.approvals(user)
            slots = [(w.incident.id, f"approval:{w.plan.plan.id}") for w in waiting]
            links = await deps.addresses.each(slots[: say.MOST_ROWS])
            return say.approvals(waiting, links)
        case _:
            return await _on_one(deps, asked, command)


async def _on_one(deps: Deps, asked: Asked, command: g.Command) -> Answer | None:
    """A command about one incident: the named one, that of the thread, or one to be picked."""
    await sight.require(deps, asked.user, asked.channel)
    name = command.incident or asked.incident
    if name is None:
        return say.picker(command, await _candidates(deps, command))
    incident = await deps.ledger.load(name)
    if not incident.exists:
        raise CommandRefusedError(f"there is no incident {name}")
    match command:
        case g.ShowStatus():
            return Answer(text=await deps.teller.answer(incident, Intent.DOING))
        case g.CatchUp():
            told = await deps.teller.told(incident)
            return Answer(text="\n".join(catchup_lines(told.scene)), private=True)
        case g.Decide():
            slot = f"approval:{incident.fix.plan.id}" if incident.fix else ""
            links = await deps.addresses.each([(incident.id, slot)])
            return say.where_to_decide(incident, links.get(incident.id))
        case _:
            return await _change(deps, asked, command, incident)


async def _change(
    deps: Deps, asked: Asked, command: g.Command, incident: Incident
) -> Answer | None:
    """What changes the incident; what is missing for it is asked for in a window."""
    people, user, name = deps.responders, asked.user, incident.id
    match command:
        case g.SetSeverity(severity=severity, reason=reason) if severity and reason:
            return say.severity_set(await people.set_severity(name, user, severity, reason))
        case g.GiveCommand(user=to) if to:
            return await give_command(deps, asked.user, name, to)
        case g.Resolve(summary=summary) if asked.sentence and summary and not command.incident:
            words = f"Resolve {name}? Press to end it with what you said."
            return say.picker(command, [incident], words)
        case g.Resolve(summary=summary) if summary:
            return say.resolved(await people.resolve(name, user, summary))
        case g.Reopen(reason=reason) if reason:
            return say.reopened(await people.reopen(name, user, reason))
        case _:
            return await ask_for_more(deps, asked, command, incident)


async def ask_for_more(
    deps: Deps, asked: Asked, command: g.Command, incident: Incident
) -> Answer | None:
    """Open the window that asks for what is missing, or offer the button that does."""
    if (incident.resolved_at is None) == isinstance(command, g.Reopen):
        state = "resolved; reopen it first" if incident.resolved_at else "open"
        raise CommandRefusedError(f"{incident.id} is {state}")
    if asked.trigger is None:
        return say.picker(command, [incident], "Press to say the rest:")
    place = Window(incident=incident.id, channel=asked.channel, thread_ts=asked.thread_ts)
    view = window(command, incident, place)
    await deps.client.views_open(trigger_id=asked.trigger, view=view)
    return None


async def give_command(deps: Deps, user: str, incident_id: str, to: str) -> Answer:
    """To oneself at once where nobody commands or one was asked to; to others as a question."""
    incident = await deps.ledger.load(incident_id)
    if to == user and incident.commander != user:
        return say.command_taken(await deps.responders.take_command(incident_id, user))
    offered = await deps.responders.offer(incident_id, user, to)
    people = await deps.directory.people({to, *filter(None, [offered.commander])})
    return say.command_offered(offered, to, people)


async def _brake(deps: Deps, asked: Asked, command: g.Brake) -> Answer:
    scope, reason = await brakes.scope_of(deps, command, asked.incident)
    if scope:
        words = await brakes.brake(deps, asked.user, command.verb, scope, reason)
        return Answer(text=words)
    which = which_scope(command.verb, deps.brakes.brakes.services)
    if command.rest:
        return Answer(text=which)
    await sight.require(deps, asked.user, asked.channel)
    return say.picker(command, await _candidates(deps, command), which)


async def _open(deps: Deps, asked: Asked, command: g.OpenOne) -> Answer:
    opened = await deps.opening.by_hand(
        command.text,
        command.severity,
        asked.user,
        fingerprint=f"slack:{asked.once}",
        service=deps.opening.named_in(command.text),
    )
    incident = opened.incident
    service = incident.service
    others = []
    if service and await sight.may_look(deps, asked.user, asked.channel):
        others = [i for i in await deps.lists.open() if i.service == service]
    return say.opened(incident, [i for i in others if i.id != incident.id], fresh=opened.fresh)


async def _list(deps: Deps, asked: Asked, command: g.ShowIncidents) -> Answer:
    await sight.require(deps, asked.user, asked.channel)
    match command.which:
        case "open":
            title, found = "Open", await deps.lists.open()
        case "mine":
            title, found = "Yours", await deps.lists.mine(asked.user)
        case _:
            title, found = "The latest", await deps.lists.recent(say.MOST_ROWS)
    shown = found[: say.MOST_ROWS]
    people = await deps.directory.people({i.commander for i in shown if i.commander})
    links = await deps.addresses.each((i.id, "card") for i in shown)
    return say.rows(title, found, people, links)


async def _candidates(deps: Deps, command: g.Command) -> list[Incident]:
    """The last five that the command fits."""
    match command:
        case g.ShowStatus() | g.CatchUp():
            return await deps.lists.recent(say.MOST_PICKED)
        case g.Reopen():
            latest = await deps.lists.recent(4 * say.MOST_PICKED)
            return [i for i in latest if i.resolved_at][: say.MOST_PICKED]
        case _:
            return (await deps.lists.open())[: say.MOST_PICKED]
