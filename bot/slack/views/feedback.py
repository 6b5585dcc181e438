"""👍 and 👎 below what opsbot said, the modal that asks why, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from bot.domain import events as e
from bot.slack import ids
from bot.slack.views.text import Block
from tools.kit.types import Frozen

_REASON = 500


class Opinion(Frozen):
    """What such a button carries. Never a proof of anything."""

    incident: str
    about: str
    helpful: bool

    @classmethod
    def unpack(cls, value: str) -> Opinion | None:
        """None for a value that isn't one of ours."""
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            return None


def feedback_buttons(incident: str, about: str) -> Block:
    """`about`: as in `FeedbackGiven`."""

    def side(label: str, heard: str, *, helpful: bool) -> Block:
        opinion = Opinion(incident=incident, about=about, helpful=helpful)
        return {
            "text": {"type": "plain_text", "text": label},
            "accessibility_label": heard,
            "value": opinion.model_dump_json(),
        }

    buttons = {
        "type": "feedback_buttons",
        "action_id": ids.FEEDBACK,
        "positive_button": side("Helpful", "This was helpful", helpful=True),
        "negative_button": side("Not helpful", "This was not helpful", helpful=False),
    }
    return {"type": "context_actions", "elements": [buttons]}


def why_not_view(opinion: Opinion, place: ids.Place) -> Block:
    return {
        "type": "modal",
        "callback_id": ids.FEEDBACK_VIEW,
        "private_metadata": ids.keep(place, opinion.model_dump_json()),
        "title": {"type": "plain_text", "text": "What was wrong?"},
        "submit": {"type": "plain_text", "text": "Send"},
        "close": {"type": "plain_text", "text": "Skip"},
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": {"type": "plain_text", "text": "Why did that not help?"},
                "hint": {"type": "plain_text", "text": "It is kept with the incident."},
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "max_length": _REASON,
                },
            }
        ],
    }


def feedback_counts(events: Iterable[e.Event]) -> str:
    """`👍 2 · 👎 1`, the latest of each person on each thing; empty where nobody said any."""
    latest = {
        (event.actor, event.about): event.helpful
        for event in sorted(
            (event for event in events if isinstance(event, e.FeedbackGiven)), key=lambda f: f.at
        )
    }
    if not latest:
        return ""
    helped = sum(latest.values())
    return f"👍 {helped} · 👎 {len(latest) - helped}"
