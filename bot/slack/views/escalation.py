"""A new message for each call, so that it rings."""

from __future__ import annotations

from bot.domain.incident import Call
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import NOTICE_LIMIT, read, said, section

_LONGEST = 200
_LEAST_REASON = 60


def escalations(scene: Scene) -> list[Slot]:
    """One for each time that a person was called."""
    slots = []
    for number, call in enumerate(scene.incident.calls, start=1):
        lead = f"{scene.people.all_mentions(call.to)} {scene.incident.id} needs you: "
        left = max(_LEAST_REASON, _LONGEST - len(read(lead)))
        slots.append(
            Slot(
                id=f"escalation:{number}",
                text=said(f"{scene.incident.id} needs a person: {call.reason}", NOTICE_LIMIT),
                blocks=(section(lead + said(call.reason, left)),),
            )
        )
        slots += [_direct(scene, number, call, user) for user in scene.reached.get(number, ())]
    return slots


def _direct(scene: Scene, number: int, call: Call, user: str) -> Slot:
    """The same call to one person alone, for whoever has the channel muted."""
    link = scene.links.get("card")
    where = f" <{link}|Open the thread>" if link else ""
    text = f"{scene.incident.id} needs you: {call.reason}"
    return Slot(
        id=f"escalation:{number}:{user}",
        text=said(text, NOTICE_LIMIT),
        blocks=(section(said(text, _LONGEST) + where),),
        channel=user,
    )
