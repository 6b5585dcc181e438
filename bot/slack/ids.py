"""Names of actions, views and metadata, and what a button carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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
WHICH = "question_which"
"""Begins the action ids of the incidents among which to choose, `question_which:0` and on."""
OPEN_FROM = "question_open_incident"
FEEDBACK = "feedback"
FEEDBACK_VIEW = "feedback_view"
FOLLOW = "incident_follow"
HOME = "home"
QUIET = "quiet_hours"
QUIET_VIEW = "quiet_hours_view"
OPEN_INCIDENT = "open_incident"
ATTACH_INCIDENT = "attach_incident"
ADD_TO_TIMELINE = "add_to_timeline"
CATCH_ME_UP = "catch_me_up"
OPEN_INCIDENT_VIEW = "open_incident_view"
ATTACH_VIEW = "attach_incident_view"
CATCH_UP_VIEW = "catch_me_up_view"
CATCH_UP = "incident_catch_up"
MENU = "incident_menu"
PICK = "incident_pick"
ACCEPT = "handover_accept"
SEVERITY = "incident_severity"
SEVERITY_VIEW = "incident_severity_view"
COMMANDER_VIEW = "incident_commander_view"
RESOLVE_VIEW = "incident_resolve_view"
REOPEN_VIEW = "incident_reopen_view"
STORM_TAKE = "storm_take"
STORM_OPEN = "storm_open"
METADATA = "opsbot_slot"
VOICE = "opsbot_voice"


Place = tuple[str, str | None]
"""Channel and thread in which something was pressed, and is answered."""


def keep(place: Place, *values: str) -> str:
    """What a window keeps until it is submitted."""
    return json.dumps([*place, *values])


def kept(view: Mapping[str, Any]) -> tuple[Place, list[str]]:
    """The same of the window that was submitted."""
    channel, thread, *values = json.loads(view["private_metadata"])
    return (channel, thread), values


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
