"""What followers read: one line for one thing, a digest for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.following import Notice
from bot.slack.views.links import anchor
from bot.slack.views.text import Block, clock, context, fitted, noticed, said, section

_LINES = 6
"""Of one incident; the newest count."""
_INCIDENTS = 10
_LONGEST = 2900


def notice_text(told: Sequence[Notice]) -> str:
    """For a phone's notification."""
    last = told[-1]
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    return noticed(f"{last.incident} {last.text}{more}")


def notice_blocks(told: Sequence[Notice], links: Mapping[str, str]) -> tuple[Block, ...]:
    """`told`: oldest first within an incident. `links`: incident → its card."""
    incidents = dict.fromkeys(n.incident for n in told)
    lines: list[str] = []
    for incident in list(incidents)[:_INCIDENTS]:
        about = [n for n in told if n.incident == incident]
        name = anchor(incident, links[incident]) if incident in links else incident
        lines.append(f"*{name}* · {about[-1].severity.upper()} · {said(about[-1].title, 100)}")
        if len(about) > _LINES:
            lines.append(f"• {len(about) - _LINES} earlier")
        lines += [f"• {clock(n.at)} {said(n.text, 200)}" for n in about[-_LINES:]]
    if len(incidents) > _INCIDENTS:
        lines.append(f"{len(incidents) - _INCIDENTS} more incidents: `/opsbot list`")
    return (
        section(fitted(lines, _LONGEST)),
        context("You follow this. `/opsbot unfollow` ends it, `/opsbot quiet` sets quiet hours."),
    )
