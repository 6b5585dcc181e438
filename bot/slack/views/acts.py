"""What people did to the incident itself, a line each; and a hand-over that waits for its yes."""

from __future__ import annotations

from bot.domain.incident import Handover
from bot.slack import ids
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.catchup import catchup_lines
from bot.slack.views.raised import raised
from bot.slack.views.text import (
    SECTION_LIMIT,
    Block,
    button,
    clock,
    fitted,
    noticed,
    said,
    section,
)

_REASON = 300


def acts(scene: Scene) -> list[Slot]:
    """Severity, reopening and hand-over; who takes command alone stands on the card."""
    return [*_severities(scene), *_reopenings(scene), *_handovers(scene)]


def _severities(scene: Scene) -> list[Slot]:
    name, slots = scene.incident.id, []
    for number, change in enumerate(scene.incident.severity_changes, start=1):
        shown = raised(scene, number, change)
        if shown:
            slots.append(shown)
            continue
        level, before = change.severity.upper(), change.before.upper()
        who, why = scene.people.name(change.actor), said(change.reason, _REASON)
        slots.append(
            Slot(
                id=f"severity:{number}",
                text=noticed(f"{name} {before} → {level}: {change.reason}"),
                blocks=(section(f"*{before} → {level}*, set by {who} {clock(change.at)}: {why}"),),
            )
        )
    return slots


def _reopenings(scene: Scene) -> list[Slot]:
    slots = []
    for number, again in enumerate(scene.incident.reopenings, start=1):
        who, why = scene.people.name(again.actor), said(again.reason, _REASON)
        words = (
            f"*Reopened* by {who} {clock(again.at)}: {why}\n"
            f"What was found out stays; nothing runs by itself. {who} is on it."
        )
        slots.append(
            Slot(
                id=f"reopened:{number}",
                text=noticed(f"{scene.incident.id} reopened: {again.reason}"),
                blocks=(section(words),),
            )
        )
    return slots


def _handovers(scene: Scene) -> list[Slot]:
    slots = []
    for number, handover in enumerate(scene.incident.handovers, start=1):
        waits = _waits(scene, number, handover)
        words = _words(scene, handover, waits=waits)
        slots.append(_handover(scene, f"handover:{number}", words, waits=waits))
        direct = [words, *catchup_lines(scene)] if waits else [words]
        body = fitted(direct, SECTION_LIMIT)
        alone = _handover(scene, f"handover:{number}:{handover.to}", body, waits=waits)
        slots.append(alone.model_copy(update={"channel": handover.to}))
    return slots


def _waits(scene: Scene, number: int, handover: Handover) -> bool:
    incident = scene.incident
    last = number == len(incident.handovers) and incident.offered_to == handover.to
    return last and not incident.resolved_at


def _words(scene: Scene, handover: Handover, *, waits: bool) -> str:
    people, name = scene.people, said(scene.incident.id, 40)
    by, to = people.name(handover.by), people.name(handover.to)
    if handover.accepted_at:
        return f"{to} commands {name} since {clock(handover.accepted_at)}, asked by {by}."
    if not waits:
        return f"{by} asked {to} to command {name} {clock(handover.at)}; it was not accepted."
    held = scene.incident.commander
    holds = f"{people.name(held)} commands" if held else "nobody commands"
    return f"{people.mention(handover.to)} {by} asks you to command {name}. Until then {holds}."


def _handover(scene: Scene, slot_id: str, words: str, *, waits: bool) -> Slot:
    incident = scene.incident
    accept = button("Accept", ids.ACCEPT, f"Accept the command of {incident.id}", value=incident.id)
    buttons: tuple[Block, ...] = ({"type": "actions", "elements": [accept]},) if waits else ()
    state = "waits" if waits else "over"
    return Slot(
        id=slot_id,
        text=noticed(f"{incident.id} hand-over: {_notice(scene, waits=waits)}"),
        blocks=(section(words), *buttons),
        state=state,
        rings=waits,
    )


def _notice(scene: Scene, *, waits: bool) -> str:
    incident, plain = scene.incident, scene.people.plain
    if waits and incident.offered_to:
        return f"{plain(incident.offered_to)} to accept the command of: {incident.title}"
    return f"{plain(incident.commander)} commands" if incident.commander else "not accepted"
