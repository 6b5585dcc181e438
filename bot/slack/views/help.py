"""What can be asked, and why a "yes" in chat approves nothing."""

from __future__ import annotations

from bot.domain.plan_state import PlanState
from bot.slack.views.answers.told import Told, approval_link, awaited, linked_id


def help_text() -> str:
    """Five lines; for somebody who has never asked."""
    return "\n".join(
        [
            "*Ask* about an incident or a service: why, what changed, impact, how long, who is on"
            " it, who approved, is it safe, seen before, what was ruled out, catch me up.",
            "*In an incident's thread* no id is needed: `@opsbot why?`, `@opsbot what waits?`",
            "*Steer:* `@opsbot try replica-1 instead` gives the investigation a hint;"
            " `@opsbot stop` stops all acting.",
            "*Do:* `/opsbot help` lists what can be done: status, severity, commander, resolve,"
            " follow and more. Each works as `@opsbot …` too.",
            "*Approve* by the button alone, where the dry run stands; a yes in chat runs nothing.",
        ]
    )


def no_consent(told: Told | None) -> str:
    """To whoever says yes instead of pressing."""
    first = "A yes in chat approves nothing."
    fix = told.scene.incident.fix if told else None
    if told is None or fix is None:
        return f"{first} Press *Approve* below the dry run, in the incident's thread."
    waits = awaited(told, fix)
    if not waits:
        return f"{first} Nothing waits for an approval here → {linked_id(told)}"
    return f"{first} Press *Approve* in {_where(told, fix)}. {waits} → {linked_id(told)}"


def _where(told: Told, fix: PlanState) -> str:
    return approval_link(told, fix, f"the approval of plan {fix.digest[:4]}")
