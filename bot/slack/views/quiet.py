"""The modal in which a person says when they are not to be told."""

from __future__ import annotations

from bot.incidents.quiet import Quiet
from bot.slack import ids
from bot.slack.views.text import Block

BLOCK = "hours"
VALUE = "value"


def quiet_view(quiet: Quiet | None) -> Block:
    """What is set stands in it; left empty it ends them."""
    return {
        "type": "modal",
        "callback_id": ids.QUIET_VIEW,
        "title": {"type": "plain_text", "text": "Quiet hours"},
        "submit": {"type": "plain_text", "text": "Save"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": BLOCK,
                "optional": True,
                "label": {"type": "plain_text", "text": "From when until when"},
                "hint": {
                    "type": "plain_text",
                    "text": "22:00-07:00, by your own clock. Empty: no quiet hours. SEV1, and what"
                    " you command or decided on, comes at once all the same.",
                },
                "element": {
                    "type": "plain_text_input",
                    "action_id": VALUE,
                    "max_length": 20,
                    **({"initial_value": str(quiet)} if quiet else {}),
                },
            }
        ],
    }
