"""Payloads of any shape, and too many of them: an answer, no trace in the log, and no effect."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack import ids
from bot.slack.listeners.flood import MOST, Pace
from tests.fakes.poll import until
from tests.fakes.slack_wire import TEAM, Wire, clicked
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import MAYA, diagnosed, opened, plan, proposed

pytestmark = [pytest.mark.usefixtures("hurried"), pytest.mark.invariant(14)]
VALUE = ids.PlanRef(incident="INC-1", plan="P1", digest=plan().digest("change")).pack()
ACTIONS = (
    ids.APPROVE, ids.REJECT, ids.EDIT, ids.ASK, ids.ASK_AGAIN, ids.MORE, ids.HALT, ids.UNDO,
    ids.ROLL_BACK, ids.TAKE, f"{ids.WHICH}:0", ids.OPEN_FROM, ids.FEEDBACK, ids.FOLLOW,
    ids.CATCH_UP, ids.MENU, f"{ids.PICK}:0", ids.ACCEPT, ids.SEVERITY, ids.STORM_TAKE,
    ids.STORM_OPEN, "of_another_release",
)  # fmt: skip
VIEWS = (
    ids.REJECT_VIEW, ids.EDIT_VIEW, ids.ROLL_BACK_VIEW, ids.ASK_VIEW, ids.FEEDBACK_VIEW,
    ids.QUIET_VIEW, ids.OPEN_INCIDENT_VIEW, ids.ATTACH_VIEW, ids.CATCH_UP_VIEW, ids.SEVERITY_VIEW,
    ids.COMMANDER_VIEW, ids.RESOLVE_VIEW, ids.REOPEN_VIEW,
)  # fmt: skip
SHORTCUTS = (ids.OPEN_INCIDENT, ids.ATTACH_INCIDENT, ids.ADD_TO_TIMELINE, ids.CATCH_ME_UP)
BUTTONS: dict[str, dict[str, Any]] = {
    "no value": {},
    "a number": {"value": 7},
    "no words": {"value": "]["},
    "lists": {"value": '[["INC-1"], {}, 3]'},
    "another incident": {"value": '["INC-9", "P1", "0"]'},
    "another digest": {"value": '["INC-1", "P1", "0"]'},
    "a choice that is none": {"selected_option": "INC-1"},
    "a choice without a value": {"selected_option": {"value": None}},
    "long": {"value": "<!channel>\u202e|>" * 400},
}
PLACE = json.dumps([CHANNEL, None, VALUE])
WINDOWS: dict[str, tuple[Any, Any]] = {
    "nothing": ("", {}),
    "null": ("null", None),
    "a list": ("[]", []),
    "a mapping": ('{"incident": 1}', {"reason": 5}),
    "numbers": ("[1, 2, 3, 4, 5]", {"reason": {"text": {"value": 7}}}),
    "a right place and no values": (PLACE, {}),
    "a right place and none of them": (
        PLACE,
        {name: {name: None} for name in ("reason", "question", "words", "level", "user")},
    ),
    "wrong kinds": (PLACE, {"reason": {"text": {"value": ["x"]}}, "question": {"text": 3}}),
}


@pytest.fixture
async def asking(desk: Desk) -> Desk:
    await desk.happens(opened(), diagnosed(), proposed())
    return desk


def told(desk: Desk) -> int:
    """How often somebody was answered: a line for them alone, or a window."""
    said = ("chat.postEphemeral", "chat.postMessage", "views.open", "views.update")
    return sum(len(desk.calls(method)) for method in said)


def traces(logs: pytest.LogCaptureFixture) -> list[str]:
    """But of Slack's own refusals: these triggers are not Slack's."""
    found = [r for r in logs.records if r.exc_info and not isinstance(r.exc_info[1], SlackApiError)]
    return [r.getMessage() for r in found]


async def unmoved(
    desk: Desk, wire: Wire, payload: dict[str, Any], logs: pytest.LogCaptureFixture
) -> None:
    """It is acknowledged and answered; nothing changes, and no trace is left."""
    before, said = await desk.ledger.load("INC-1"), told(desk)
    assert await wire.interaction(payload) == 200

    async def answered() -> bool:
        return told(desk) > said

    await until(answered)
    assert await desk.ledger.load("INC-1") == before
    assert await desk.ledger.open_incidents() == ["INC-1"]
    assert traces(logs) == []


@pytest.mark.parametrize("shape", BUTTONS)
async def test_no_shape_of_a_button_does_anything(
    asking: Desk, wire: Wire, caplog: pytest.LogCaptureFixture, shape: str
) -> None:
    caplog.set_level(logging.INFO)
    place = {"message_ts": "1.1", "channel_id": CHANNEL}
    for action in ACTIONS:
        button = {"action_id": action, **BUTTONS[shape]}
        payload = clicked(button, MAYA, f"t-{action}", place)
        await unmoved(asking, wire, payload, caplog)


def submitted(view: str, metadata: Any, values: Any) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "trigger_id": f"t-{view}",
        "user": {"id": MAYA, "team_id": TEAM},
        "team": {"id": TEAM},
        "view": {
            "id": f"V-{view}",
            "type": "modal",
            "callback_id": view,
            "private_metadata": metadata,
            "state": {"values": values},
        },
    }


@pytest.mark.parametrize("shape", WINDOWS)
@pytest.mark.parametrize("view", VIEWS)
async def test_no_shape_of_a_window_does_anything(
    asking: Desk, wire: Wire, caplog: pytest.LogCaptureFixture, shape: str, view: str
) -> None:
    caplog.set_level(logging.INFO)
    before = await asking.ledger.load("INC-1")
    assert await wire.interaction(submitted(view, *WINDOWS[shape])) == 200
    assert await asking.ledger.load("INC-1") == before
    assert await asking.ledger.open_incidents() == ["INC-1"]
    assert traces(caplog) == []


@pytest.mark.parametrize("message", [None, [], {}, {"text": 5, "user": ["U1"]}, {"ts": 1}])
async def test_no_shape_of_a_shortcut_does_anything(
    asking: Desk, wire: Wire, caplog: pytest.LogCaptureFixture, message: Any
) -> None:
    caplog.set_level(logging.INFO)
    for shortcut in SHORTCUTS:
        payload = {
            "type": "message_action",
            "callback_id": shortcut,
            "trigger_id": f"t-{shortcut}",
            "user": {"id": MAYA, "team_id": TEAM},
            "team": {"id": TEAM},
            "channel": {"id": CHANNEL},
            "message": message,
        }
        await unmoved(asking, wire, payload, caplog)


async def test_who_sends_too_much_is_told_once_and_halts_all_the_same(
    asking: Desk, wire: Wire
) -> None:
    place = {"message_ts": "1.1", "channel_id": CHANNEL}
    for n in range(MOST + 20):
        button = {"action_id": ids.TAKE, "value": "INC-9"}
        assert await wire.interaction(clicked(button, MAYA, f"t{n}", place)) == 200
    ephemeral = [c for c in asking.slack.calls if c.method == "chat.postEphemeral"]

    async def all_told() -> bool:
        said = [c for c in asking.slack.calls if c.method == "chat.postEphemeral"]
        return len(said) == MOST + 1

    await until(all_told)
    assert sum("in a minute" in str(c.body) for c in asking.slack.calls) == 1, ephemeral
    halt = {"action_id": ids.HALT, "value": VALUE}
    assert await wire.interaction(clicked(halt, MAYA, "halt", place)) == 200
    await until(lambda: _said(asking, "othing of it runs now"))
    approve = {"action_id": ids.APPROVE, "value": VALUE}
    assert await wire.interaction(clicked(approve, MAYA, "approve", place)) == 200

    async def approved() -> bool:
        fix = (await asking.ledger.load("INC-1")).fix
        return fix is not None and bool(fix.decisions)

    await until(approved)


async def _said(desk: Desk, words: str) -> bool:
    return any(words in str(c.body) for c in desk.slack.calls if c.method == "chat.postEphemeral")


def test_a_minute_later_they_are_heard_again_and_others_all_the_while() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert all(pace.takes("U1") for _ in range(MOST))
    assert not pace.takes("U1")
    assert pace.takes("U2")
    now[0] = 61.0
    assert pace.takes("U1")
