"""The modal that asks why."""

from __future__ import annotations

from bot.slack import ids
from bot.slack.views.text import Block


def reject_view(ref: ids.PlanRef, place: ids.Place) -> Block:
    return {
        "type": "modal",
        "callback_id": ids.REJECT_VIEW,
        "private_metadata": ids.keep(place, ref.pack()),
        "title": {"type": "plain_text", "text": "Reject the fix"},
        "submit": {"type": "plain_text", "text": "Reject"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": {"type": "plain_text", "text": f"Why not, for {ref.incident}?"},
                "hint": {"type": "plain_text", "text": "It goes to the thread. Nothing runs."},
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "max_length": 500,
                },
            }
        ],
    }
