"""What becomes of a hint, in words for whoever gave it."""

from __future__ import annotations

from bot.domain.hints import MOST_LOOKS_AGAIN
from bot.incidents.hints import Taken
from bot.slack.views.answers.told import Told, approval_link, awaited, linked_id

_ASKS = "What is proposed after a hint asks first, and you can't approve it alone."


def hint_taken(told: Told, taken: Taken) -> str:
    """The answer first; a hint is data, and never a yes to anything."""
    fix = taken.incident.fix
    match taken.how:
        case "running":
            words = f"Noted: the investigation hears it before its next step. {_ASKS}"
        case "again":
            left = MOST_LOOKS_AGAIN - taken.incident.looks_again
            times = "once more" if left == 1 else f"{left} times more" if left else "no more"
            words = f"I look into it again with that; hints may do so {times}. {_ASKS}"
        case "waits" if fix:
            plan = approval_link(told, fix, f"plan {fix.digest[:4]}")
            words = (
                f"Noted, and nothing was changed: {plan} is under way. {awaited(told, fix)} Reject"
                " it and say it again, and I look for another way."
            )
        case "kept":
            words = (
                "Noted for the people here. Without a model I can only follow another runbook, and"
                " none that I have is about that."
            )
        case _:
            words = (
                "Noted for the people here. Hints had it looked into"
                f" {MOST_LOOKS_AGAIN} times, so a person goes on from here."
            )
    return f"{' '.join(words.split())} → {linked_id(told)}"
