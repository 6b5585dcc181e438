"""A raise to SEV1, which the channel has to know."""

from __future__ import annotations

from bot.domain.values import Severity
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import NOTICE_LIMIT, clock, cut, said, section


def raised(
    scene: Scene, number: int, *, before: Severity, after: Severity, reason: str, by: str
) -> Slot | None:
    """In the thread and in the channel; None for any other change of severity.

    `number`: which change it is, from 1. `by`: the id of whoever made it.
    """
    if after != "sev1" or before == "sev1":
        return None
    incident = scene.incident
    opened = f", open since {clock(incident.opened_at)}" if incident.opened_at else ""
    words = (
        f"*{incident.id} is SEV1 now* (was {before.upper()}{opened}): {said(incident.title, 120)}"
        f"\n{scene.people.name(by)}: {said(reason, 200)}"
    )
    notice = f"{incident.id} is SEV1 now: {cut(reason, 80)} · {incident.title}"
    return Slot(
        id=f"raised:{number}",
        text=said(notice, NOTICE_LIMIT),
        blocks=(section(words),),
        broadcast=True,
    )
