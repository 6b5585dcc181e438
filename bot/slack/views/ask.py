"""The window in which something is asked about an approval, and how the thread repeats it."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus
from bot.slack import ids
from bot.slack.views.modals import modal, plain
from bot.slack.views.text import Block, clock, said

_LONGEST = 500


def ask_view(ref: ids.PlanRef, state: PlanState, place: ids.Place) -> Block:
    until = state.expires_at if state.status is PlanStatus.AWAITING else None
    clock_runs = f" It still expires {clock(until)}." if until else ""
    return {
        **modal("Ask about the fix", "Back"),
        "callback_id": ids.ASK_VIEW,
        "private_metadata": ids.keep(place, ref.pack()),
        "submit": plain("Ask", 24),
        "blocks": [
            {
                "type": "input",
                "block_id": "question",
                "label": plain(f"What about {ref.incident}, plan {ref.digest[:4]}?", 150),
                "hint": plain(f"Question and answer go to the thread.{clock_runs}", 150),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "max_length": _LONGEST,
                },
            }
        ],
    }


def question_lead(name: str, question: str) -> str:
    """`*Maya asked:* is it safe?`; `name` is escaped already."""
    return f"*{name} asked:* {said(question, _LONGEST)}"
