"""The Home tab: what waits for this person, what is open, what they follow, and help."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import ids
from bot.slack.home_scene import HomeScene
from bot.slack.views.following import followed_lines
from bot.slack.views.home_lists import commanding, deciding, open_incidents
from bot.slack.views.text import SECTION_LIMIT, Block, button, fitted, header, said, section

_HELP = (
    "*Ask about an incident:* mention me in its thread, or write to me under Messages.",
    "*From any message* (⋯, then More message shortcuts): Open incident, Attach to incident,"
    " Add to timeline, Catch me up.",
    "*Commands:* `/opsbot list`, `/opsbot approvals`, `/opsbot open`, `/opsbot status`,"
    " `/opsbot catchup`, `/opsbot follow`, `/opsbot quiet`; `/opsbot help` has them all.",
    "*Approving* needs the button under the dry run. A yes in chat approves nothing.",
)
_GUESTS_HELP = "*Ask about an incident:* mention me in its thread."


def home_view(home: HomeScene) -> Block:
    """A guest sees no approvals, and of the incidents those of a channel they are in."""
    if home.member:
        parts = [
            deciding(home),
            commanding(home),
            open_incidents(home),
            _following(home),
            _quiet(home),
            _help(_HELP),
        ]
    else:
        parts = [open_incidents(home), _help((_GUESTS_HELP,))]
    blocks: list[Block] = []
    for part in filter(None, parts):
        blocks += [*([{"type": "divider"}] if blocks else []), *part]
    return _tab(blocks)


def away_view() -> Block:
    """Where what opsbot knows can't be read now."""
    words = "I can't look that up right now: what I keep my notes in doesn't answer."
    return _tab([section(f"{words} Open this tab again soon.")])


def _tab(blocks: list[Block]) -> Block:
    return {"type": "home", "callback_id": ids.HOME, "blocks": blocks}


def _help(lines: Sequence[str]) -> list[Block]:
    return [header("Help"), section("\n".join(lines))]


def _following(home: HomeScene) -> list[Block]:
    lines = followed_lines(home.following) or [
        "Nothing. `/opsbot follow` with an incident or a service tells you when something changes."
    ]
    return [header("You follow"), section(fitted(lines, SECTION_LIMIT))]


def _quiet(home: HomeScene) -> list[Block]:
    quiet = home.quiet
    words = (
        f"{quiet} ({said(quiet.zone, 40)}). What can wait comes in the morning, in one message."
        if quiet
        else "None: what you follow reaches you at any hour."
    )
    change = button("Change quiet hours", ids.QUIET, "Change quiet hours")
    return [header("Quiet hours"), {**section(words), "accessory": change}]
