"""A raise to SEV1, which the channel has to know."""

from __future__ import annotations

from bot.domain.events import SeverityChanged
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import clock, cut, noticed, said, section


def raised(scene: Scene, number: int, change: SeverityChanged) -> Slot | None:
    """In the thread and in the channel; None for any other change of severity.

    `number`: which change it is, from 1.
    """
    if change.severity != "sev1" or change.before == "sev1":
        return None
    incident, before = scene.incident, change.before.upper()
    opened = f", open since {clock(incident.opened_at)}" if incident.opened_at else ""
    words = (
        f"*{incident.id} is SEV1 now* (was {before}{opened}): {said(incident.title, 120)}"
        f"\n{scene.people.name(change.actor)}: {said(change.reason, 200)}"
    )
    notice = f"{incident.id} is SEV1 now: {cut(change.reason, 80)} · {incident.title}"
    return Slot(
        id=f"severity:{number}",
        text=noticed(notice),
        blocks=(section(words),),
        broadcast=True,
    )
