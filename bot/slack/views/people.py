"""The windows in which people say how severe it is, who commands, how it ended or why it didn't."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.values import Severity
from bot.incidents.responders import LONGEST
from bot.slack import grammar as g
from bot.slack import ids
from bot.slack.views.text import Block, cut, said, section
from tools.kit.types import Frozen

WORDS, LEVEL, USER = "words", "level", "user"
"""Block ids; an input's action id is the same."""
_PLAN = 200
_LEVELS: Sequence[tuple[Severity, str]] = (
    ("sev1", "customers can't work, or data is being lost"),
    ("sev2", "a main function is down or badly slow"),
    ("sev3", "something is broken that can be worked around"),
    ("sev4", "small, or nobody notices yet"),
)


class Window(Frozen):
    """What a window carries: which incident, and where to answer. Never a proof of anything."""

    incident: str
    channel: str
    thread_ts: str | None = None

    def pack(self) -> str:
        return json.dumps([self.incident, self.channel, self.thread_ts])

    @classmethod
    def unpack(cls, metadata: str) -> Window:
        incident, channel, thread = json.loads(metadata)
        return cls(incident=incident, channel=channel, thread_ts=thread)


def window(command: g.Command, incident: Incident, place: Window) -> Block:
    """The one that asks for what `command` lacks."""
    match command:
        case g.SetSeverity(severity=severity, reason=reason):
            return severity_view(incident, place, severity, reason)
        case g.GiveCommand():
            return commander_view(incident, place)
        case g.Resolve(summary=summary):
            return resolve_view(incident, place, summary)
        case g.Reopen(reason=reason):
            return reopen_view(place, reason)
        case _:
            raise TypeError(f"no window for {command.verb!r}")


def severity_view(
    incident: Incident, place: Window, severity: Severity | None = None, reason: str = ""
) -> Block:
    """`severity`: what is ticked; what it is now where none is given."""
    options = [
        {
            "text": _plain(level.upper()),
            "description": _plain(words),
            "value": level,
        }
        for level, words in _LEVELS
    ]
    ticked = next(o for o in options if o["value"] == (severity or incident.severity))
    radio = {"type": "radio_buttons", "options": options, "initial_option": ticked}
    return _modal(
        "How severe is it?",
        "Set",
        ids.SEVERITY_VIEW,
        place,
        _input(LEVEL, f"Severity of {place.incident}", radio),
        _text("Why?", "It goes to the thread and to whoever follows.", reason),
    )


def commander_view(incident: Incident, place: Window) -> Block:
    select = {
        "type": "users_select",
        "placeholder": _plain("Pick a person"),
    }
    words = (
        "Pick yourself to take it. Anybody else is asked first, with a summary of where it stands."
    )
    if incident.commander:
        words = "Whoever you pick is asked first; until they accept, who commands now does."
    return _modal(
        "Who commands?",
        "Ask",
        ids.COMMANDER_VIEW,
        place,
        _input(USER, f"Commander of {place.incident}", select),
        section(words),
    )


def resolve_view(incident: Incident, place: Window, summary: str = "") -> Block:
    """With what would be void."""
    waiting = [
        fix for fix in incident.fixes if fix.status in (PlanStatus.AWAITING, PlanStatus.READY)
    ]
    lines = ["*What waits will be void and run nothing:*"]
    for fix in waiting:
        steps = "; ".join(step.dry_run.summary for step in fix.plan.steps)
        lines.append(f"• plan {fix.digest[:4]}: {said(steps, _PLAN)}")
    more = [section("\n".join(lines))] if waiting else []
    return _modal(
        "Resolve the incident",
        "Resolve",
        ids.RESOLVE_VIEW,
        place,
        *more,
        _text(f"How did {place.incident} end?", "It stands in the report.", summary),
    )


def reopen_view(place: Window, reason: str = "") -> Block:
    return _modal(
        "Reopen the incident",
        "Reopen",
        ids.REOPEN_VIEW,
        place,
        _text(
            f"Why is {place.incident} not over?",
            "It goes to the thread. Nothing runs by itself.",
            reason,
        ),
    )


def _modal(title: str, submit: str, name: str, place: Window, *blocks: Block) -> Block:
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": place.pack(),
        "title": _plain(title, 24),
        "submit": _plain(submit, 24),
        "close": _plain("Back", 24),
        "blocks": list(blocks),
    }


def _text(label: str, hint: str, given: str) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST}
    if given.strip():
        element["initial_value"] = cut(given, LONGEST)
    return {**_input(WORDS, label, element), "hint": _plain(hint, 150)}


def _input(name: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label, 150),
        "element": {**element, "action_id": name},
    }


def _plain(text: str, most: int = 75) -> Block:
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}
