"""The buttons of a card. No Approve among them: one place decides."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.slack import ids
from bot.slack.scene import Scene, Stage
from bot.slack.views.text import Block, button


def card_actions(scene: Scene) -> Block:
    """Review fix, the proposed severity, Follow, Catch me up, and a menu of what people set."""
    incident = scene.incident
    name = incident.id
    elements: list[Block] = []
    link = scene.links.get(f"approval:{incident.fix.plan.id}") if incident.fix else None
    if link and scene.stage is Stage.NEEDS_APPROVAL:
        heard = f"Review the fix for {name}"
        elements.append(button("Review fix", ids.OPEN_APPROVAL, heard, url=link))
    if scene.proposed:
        level = scene.proposed.severity
        value = f"sev {name} {level[-1]} {scene.proposed.reason}"[:2000]
        label = f"Set {level.upper()}"
        elements.append(button(label, ids.SEVERITY, f"{label} for {name}", value=value))
    if not incident.resolved_at:
        elements.append(button("Follow", ids.FOLLOW, f"Follow {name}", value=name))
    elements.append(
        button("Catch me up", ids.CATCH_UP, f"Catch me up on {name}", value=f"catchup {name}")
    )
    options = [_choice(label, f"{verb} {name}") for label, verb in _menu(incident)]
    elements.append({"type": "overflow", "action_id": ids.MENU, "options": options})
    return {"type": "actions", "elements": elements}


def _menu(incident: Incident) -> tuple[tuple[str, str], ...]:
    """What stands there, and the command it stands for."""
    if incident.resolved_at:
        return (("Reopen", "reopen"),)
    command = "Hand over command" if incident.commander else "Set commander"
    return (("Change severity", "sev"), (command, "commander"), ("Resolve", "resolve"))


def _choice(label: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": label}, "value": value}
