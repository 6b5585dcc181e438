"""What a person is answered about following and quiet hours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.following import Subscription
from bot.incidents.quiet import Quiet
from bot.slack.views.text import said

_SHOWN = 10
_INCIDENT = re.compile(r"INC-\d+")


def follows(subscription: Subscription) -> str:
    """What somebody follows from now on, and how it ends."""
    begins = "" if _INCIDENT.fullmatch(subscription.target) else "an incident of it opens, "
    paces = {
        "milestones": f"when {begins}a fix is approved, the severity changes and when it ends",
        "all": "of every step",
    }
    target = said(subscription.target, 60)
    return (
        f"You follow {target}: I tell {_where(subscription)} {paces[subscription.pace]}."
        f" `/opsbot unfollow {target}` ends it."
    )


def unfollowed(gone: Sequence[Subscription], target: str) -> str:
    if not gone:
        return f"You did not follow {said(target, 60)}."
    names = ", ".join(said(name, 60) for name in dict.fromkeys(s.target for s in gone))
    return f"You no longer follow {names}."


def followed(subscriptions: Sequence[Subscription]) -> str:
    """A list for the person alone."""
    if not subscriptions:
        return "You follow nothing. `/opsbot follow INC-12` or `/opsbot follow <service>` begins."
    return "\n".join(["You follow:", *followed_lines(subscriptions)])


def followed_lines(subscriptions: Sequence[Subscription]) -> list[str]:
    """What is followed, how closely, and where it is told; the first few."""
    lines = [f"• {said(s.target, 60)} · {s.pace} · {_where(s)}" for s in subscriptions[:_SHOWN]]
    more = len(subscriptions) - _SHOWN
    return [*lines, *([f"{more} more"] if more > 0 else [])]


def quiet_words(quiet: Quiet | None) -> str:
    if quiet is None:
        return "You have no quiet hours. `/opsbot quiet 22:00-07:00` sets them."
    return (
        f"From {quiet.begins:%H:%M} to {quiet.ends:%H:%M} ({said(quiet.zone, 40)}) what you follow"
        " waits for the morning, in one message. SEV1, and what you command or decided on, still"
        " comes at once. `/opsbot quiet off` ends it."
    )


def _where(subscription: Subscription) -> str:
    return "you" if subscription.place == subscription.user else f"<#{subscription.place}>"
