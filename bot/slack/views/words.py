"""Texts that opsbot drafted and people may send."""

from __future__ import annotations

from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import said, section

_TEXT = 900


def words(scene: Scene) -> Slot | None:
    """None for an incident that few will ask about."""
    drafted = scene.incident.words
    if drafted is None:
        return None
    lines = [
        "*Drafts, not sent.* Check one and send it yourself.",
        f"*For who joins:* {said(drafted.summary, _TEXT)}",
        f"*For stakeholders:* {said(drafted.stakeholders, _TEXT)}",
        f"*For the status page:* {said(drafted.status_page, _TEXT)}",
    ]
    return Slot(
        id="words",
        text=f"{scene.incident.id}: texts for stakeholders and the status page are drafted",
        blocks=(section("\n".join(lines)),),
    )
