"""A new message for each call, so that it rings."""

from __future__ import annotations

from bot.domain import events as e
from bot.domain.incident import Call, Incident
from bot.domain.waiting import waiting
from bot.slack import ids
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import (
    Block,
    button,
    clock,
    context,
    cut,
    noticed,
    read,
    said,
    section,
)

_LONGEST = 200
_LEAST_REASON = 60
_UNHEARD = 3
"""Messages that call people, until one of them does anything."""


def escalations(scene: Scene) -> list[Slot]:
    """One for each time that a person was called."""
    slots = []
    found = {w.call: w for w in scene.work if isinstance(w, e.PeopleFound)}
    for number, call in _ringing(scene.incident):
        people = found.get(number)
        to = people.people if people else call.to
        lead = f"{scene.people.all_mentions(to)} {scene.incident.id} needs you: "
        after = _next_in_line(scene, number, call)
        left = max(_LEAST_REASON, _LONGEST - len(read(lead + after)))
        blocks: list[Block] = [section(lead + said(call.reason, left) + after)]
        if people and people.instead:
            blocks.append(context(said(people.instead, _LONGEST)))
        slots.append(
            Slot(
                id=f"escalation:{number}",
                text=noticed(f"{scene.incident.id} needs a person: {call.reason}"),
                blocks=(*blocks, *_taking(scene, number)),
                state=scene.incident.taken_by or "",
                rings=True,
            )
        )
        slots += [_direct(scene, number, call, user) for user in scene.reached.get(number, ())]
    return slots


def _ringing(incident: Incident) -> list[tuple[int, Call]]:
    """Calls that get a message, with their numbers.

    Where three stand unanswered, another to people who were all called by them rewords the third:
    who sleeps through three doesn't wake at the fourth.
    """
    numbered = list(enumerate(incident.calls, start=1))
    reacted = incident.reacted_at
    unheard = [(n, call) for n, call in numbered if reacted is None or call.at > reacted]
    rung = {name for _, call in unheard[:_UNHEARD] for name in call.to}
    extra = [(n, call) for n, call in unheard[_UNHEARD:] if rung.issuperset(call.to)]
    if not extra:
        return numbered
    third = unheard[_UNHEARD - 1][0]
    dropped = {n for n, _ in extra}
    return [
        (n, call.model_copy(update={"reason": extra[-1][1].reason}) if n == third else call)
        for n, call in numbered
        if n not in dropped
    ]


def _next_in_line(scene: Scene, number: int, call: Call) -> str:
    """`. Dev is asked at 02:36.`, while nobody reacted to the last call."""
    waits = waiting(scene.incident)
    if waits is None or number != len(scene.incident.calls) or not call.then:
        return ""
    names = cut(", ".join(scene.people.plain(who) for who in call.then), 60)
    verb = "is" if len(call.then) == 1 else "are"
    return f". {said(names, 60)} {verb} asked at {clock(waits.until)}."


def _taking(scene: Scene, number: int) -> tuple[Block, ...]:
    """Under the last call: a button for whoever is on it, or who that is."""
    incident = scene.incident
    if number != _ringing(incident)[-1][0] or incident.resolved_at:
        return ()
    if incident.taken_by:
        return (context(f"{scene.people.name(incident.taken_by)} is on it."),)
    take = button("I'm on it", ids.TAKE, f"Take {incident.id}", value=incident.id)
    return ({"type": "actions", "elements": [take]},)


def _direct(scene: Scene, number: int, call: Call, user: str) -> Slot:
    """The same call to one person alone, for whoever has the channel muted."""
    link = scene.links.get("card")
    where = f" <{link}|Open the thread>" if link else ""
    text = f"{scene.incident.id} needs you: {call.reason}"
    return Slot(
        id=f"escalation:{number}:{user}",
        text=noticed(text),
        blocks=(section(said(text, _LONGEST) + where),),
        channel=user,
        rings=True,
    )
