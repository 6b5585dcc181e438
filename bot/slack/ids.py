"""Names of actions, views and metadata, and what a button carries."""

from __future__ import annotations

import json

from pydantic import ValidationError

from tools.kit.types import Frozen

APPROVE = "approval_approve"
REJECT = "approval_reject"
REJECT_VIEW = "approval_reject_view"
EDIT = "approval_edit"
EDIT_VIEW = "approval_edit_view"
ASK_AGAIN = "approval_ask_again"
HALT = "approval_halt"
UNDO = "approval_undo"
ROLL_BACK = "approval_roll_back"
ROLL_BACK_VIEW = "approval_roll_back_view"
ASK = "approval_ask"
ASK_VIEW = "approval_ask_view"
MORE = "approval_more"
"""The menu beside the buttons; its choices are these two, before what every button carries."""
DETAILS = "details"
HAND = "hand"
OPEN_APPROVAL = "open_approval"
TAKE = "incident_take"
METADATA = "opsbot_slot"
VOICE = "opsbot_voice"


class PlanRef(Frozen):
    """Which plan a button is for. Never a proof of anything: all of it is checked again."""

    incident: str
    plan: str
    digest: str

    def pack(self) -> str:
        return json.dumps([self.incident, self.plan, self.digest])

    def choice(self, what: str) -> str:
        """What a menu's choice carries: at most 150 characters, says Slack."""
        return f"{what} {self.pack()}"

    @classmethod
    def unpack(cls, value: str) -> PlanRef | None:
        """None for a value that isn't one of ours."""
        try:
            incident, plan, digest = json.loads(value)
            return cls(incident=incident, plan=plan, digest=digest)
        except (ValueError, TypeError, ValidationError):
            return None
