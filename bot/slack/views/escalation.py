"""A new message for each call, so that it rings."""

from __future__ import annotations

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
    return slots
