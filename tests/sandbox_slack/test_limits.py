"""Blocks over Slack's limits are refused whole, with Slack's code and the place of the fault."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.views import accept_view
from bot.sandbox.slack.errors import InvalidBlocks, SlackError


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", action_id: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> dict[str, Any]:
    base = {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
    return base | more


def task(task_id: str = "1", **more: Any) -> dict[str, Any]:
    return {"task_id": task_id, "title": "t", "status": "complete", **more}


def options(count: int, text: str = "o", value: str = "v") -> list[dict[str, Any]]:
    return [{"text": plain(text), "value": f"{value}{number}"} for number in range(count)]


def option(value: str = "v0", text: str = "o") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def menu(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": kind, **more}


def feedback(**more: Any) -> dict[str, Any]:
    good = {"text": plain("Good"), "value": "up", "accessibility_label": "Good answer"}
    bad = {"text": plain("Bad"), "value": "down"}
    return menu("feedback_buttons", positive_button=good, negative_button=bad, **more)


def context_actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "context_actions", "elements": list(elements)}


TRASH = {"type": "icon_button", "action_id": "t", "icon": "trash", "text": plain("Delete")}


def table(rows: int, columns: int) -> dict[str, Any]:
    cell = {"type": "raw_text", "text": "c"}
    return {"type": "table", "rows": [[cell] * columns for _ in range(rows)]}


ACCEPTED: dict[str, list[dict[str, Any]]] = {
    "a section of 3,000 characters": [section("x" * 3000)],
    "a header of 150 characters": [{"type": "header", "text": plain("x" * 150)}],
    "50 blocks": [{"type": "divider"}] * 50,
    "25 buttons": [actions(*[button(action_id=f"a{n}") for n in range(25)])],
    "a button text of 75 and a value of 2,000": [actions(button("x" * 75, value="v" * 2000))],
    "a full confirmation": [
        actions(
            button(
                confirm=confirm(
                    title=plain("x" * 100), text=mrkdwn("x" * 300), confirm=plain("x" * 30)
                )
            )
        )
    ],
    "10 fields": [{"type": "section", "fields": [mrkdwn("x")] * 10}],
    "a section with text and an accessory": [section(accessory=button())],
    "an overflow of 5": [
        actions({"type": "overflow", "action_id": "m", "options": options(5)}),
    ],
    "a plan with tasks": [{"type": "plan", "title": "p", "tasks": [task("1"), task("2")]}],
    "a task card": [{"type": "task_card", **task()}],
    "a markdown block of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "a table of 100 rows": [table(100, 2)],
    "feedback buttons and an icon button": [context_actions(feedback(), TRASH)],
    "each picker with what it holds at first": [
        actions(
            menu("users_select", initial_user="U0MAYA0001", placeholder=plain("Who")),
            menu("conversations_select", filter={"include": ["im"]}, confirm=confirm()),
            menu("channels_select", initial_channel="C0INCIDENT"),
            menu("datepicker", initial_date="2026-11-27"),
            menu("timepicker", initial_time="22:00", timezone="Europe/Stockholm"),
            menu("radio_buttons", options=options(10), initial_option=option("v9")),
            menu("checkboxes", options=options(2), initial_options=options(2)),
        )
    ],
    "a menu in groups": [
        actions(
            menu(
                "static_select",
                option_groups=[{"label": plain("Open"), "options": options(100)}],
                initial_option=option("v99"),
            )
        )
    ],
    "a rich text": [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
            ],
        }
    ],
    "no blocks at all": [],
}

REFUSED: dict[str, tuple[Any, str]] = {
    "a section over 3,000 characters": (
        [section("x" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a section without text": ([{"type": "section"}], "/blocks/0/text]"),
    "a section with empty text": ([section("")], "must be more than 0 characters"),
    "an unknown block type": ([{"type": "secton"}], "unsupported type: secton"),
    "a block without a type": ([{}], "/blocks/0/type]"),
    "a header in mrkdwn": ([{"type": "header", "text": mrkdwn("x")}], "/blocks/0/text/type]"),
    "a header over 150": ([{"type": "header", "text": plain("x" * 151)}], "151 characters"),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed"),
    "26 buttons": (
        [actions(*[button(action_id=f"a{n}") for n in range(26)])],
        "no more than 25 items allowed",
    ),
    "an empty actions block": ([actions()], "at least 1 items"),
    "a button text over 75": ([actions(button("x" * 76))], "76 characters"),
    "a button text in mrkdwn": (
        [actions({"type": "button", "action_id": "a", "text": mrkdwn("x")})],
        "/blocks/0/elements/0/text/type]",
    ),
    "a button value over 2,000": ([actions(button(value="v" * 2001))], "2001 characters"),
    "a button style of its own": ([actions(button(style="green"))], "danger, primary"),
    "an unknown button field": ([actions(button(colour="red"))], "colour"),
    "two buttons with one action_id": ([actions(button(), button())], "already exists"),
    "two blocks with one block_id": (
        [section(block_id="b"), section(block_id="b")],
        "`block_id` b already exists",
    ),
    "a block_id over 255": ([section(block_id="b" * 256)], "256 characters"),
    "a confirm title over 100": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "101 characters",
    ),
    "a confirm text over 300": (
        [actions(button(confirm=confirm(text=plain("x" * 301))))],
        "301 characters",
    ),
    "a confirm button over 30": (
        [actions(button(confirm=confirm(deny=plain("x" * 31))))],
        "31 characters",
    ),
    "a confirmation without deny": (
        [actions(button(confirm={k: v for k, v in confirm().items() if k != "deny"}))],
        "missing required field [json-pointer:/blocks/0/elements/0/confirm/deny]",
    ),
    "11 context elements": (
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items",
    ),
    "a button in a context": ([{"type": "context", "elements": [button()]}], "/elements/0/type]"),
    "11 fields": ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10"),
    "a field over 2,000": (
        [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
        "2001 characters",
    ),
    "an overflow of 6": (
        [actions({"type": "overflow", "action_id": "m", "options": options(6)})],
        "no more than 5 items",
    ),
    "a menu of 101": (
        [actions({"type": "static_select", "action_id": "m", "options": options(101)})],
        "no more than 100 items",
    ),
    "an option value over 150": (
        [
            actions(
                {"type": "static_select", "action_id": "m", "options": options(1, value="v" * 150)}
            )
        ],
        "151 characters",
    ),
    "a markdown block over 12,000": ([{"type": "markdown", "text": "x" * 12_001}], "12001"),
    "an image without alternative text": (
        [{"type": "image", "image_url": "https://example.test/a.png"}],
        "/blocks/0/alt_text]",
    ),
    "a plan beside a task card": (
        [{"type": "plan", "title": "p"}, {"type": "task_card", **task()}],
        "plan and task_card",
    ),
    "a task that is completed": (
        [{"type": "task_card", **task(status="completed")}],
        "complete, error, in_progress, pending",
    ),
    "two tasks with one id": (
        [{"type": "plan", "title": "p", "tasks": [task(), task()]}],
        "already exists",
    ),
    "an alert in a message": ([{"type": "alert", "text": mrkdwn("x")}], "aren't allowed"),
    "a table of 101 rows": ([table(101, 1)], "no more than 100 items"),
    "a table of 21 columns": ([table(1, 21)], "no more than 20 items"),
    "six elements of context_actions": (
        [context_actions(*[TRASH | {"action_id": f"t{n}"} for n in range(6)])],
        "no more than 5 items",
    ),
    "a plain button in context_actions": ([context_actions(button())], "unsupported type: button"),
    "feedback buttons in actions": ([actions(feedback())], "unsupported type: feedback_buttons"),
    "feedback with one button": (
        [context_actions(menu("feedback_buttons", positive_button={"text": plain("G")}))],
        "/negative_button]",
    ),
    "feedback with a style": (
        [context_actions(feedback(style="primary"))],
        "fields are allowed: style",
    ),
    "an icon of its own": ([context_actions(TRASH | {"icon": "robot"})], "must be one of trash"),
    "an overflow with a placeholder": (
        [actions(menu("overflow", options=options(2), placeholder=plain("More")))],
        "fields are allowed: placeholder",
    ),
    "eleven radio buttons": (
        [actions(menu("radio_buttons", options=options(11)))],
        "no more than 10 items",
    ),
    "a first choice that is not offered": (
        [actions(menu("static_select", options=options(2), initial_option=option("v2")))],
        "must be one of the provided options",
    ),
    "a menu with both options and groups": (
        [
            actions(
                menu(
                    "static_select",
                    options=options(1),
                    option_groups=[{"label": plain("Open"), "options": options(1)}],
                )
            )
        ],
        "can't both be given",
    ),
    "a time of 25 o'clock": ([actions(menu("timepicker", initial_time="25:00"))], "invalid format"),
    "a number to type outside of a modal": (
        [
            {
                "type": "input",
                "label": plain("How many?"),
                "element": menu("number_input", is_decimal_allowed=False),
            }
        ],
        "number_input elements aren't allowed in a message",
    ),
    "two tables": ([table(1, 1), table(1, 1)], "only one table"),
    "blocks that are no list": ({"type": "divider"}, "must be an array"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_slack_takes_is_taken(name: str) -> None:
    kept = accept_blocks(ACCEPTED[name], "message")
    assert len(kept) == len(ACCEPTED[name])
    assert all(block["block_id"] for block in kept)


@pytest.mark.parametrize("name", REFUSED)
def test_what_slack_refuses_is_refused_with_its_place(name: str) -> None:
    blocks, words = REFUSED[name]
    with pytest.raises(InvalidBlocks) as refused:
        accept_blocks(blocks, "message")
    assert any(words in fault for fault in refused.value.extra["errors"]), refused.value.extra


def test_blocks_that_are_long_together_are_refused_though_each_is_within_its_limit() -> None:
    with pytest.raises(SlackError) as refused:
        accept_blocks([section("x" * 3000)] * 5, "message")
    assert refused.value.code == "msg_blocks_too_long"


@pytest.mark.parametrize("surface", ["modal", "home"])
@pytest.mark.parametrize(
    "block",
    [
        {"type": "plan", "title": "p"},
        {"type": "task_card", **task()},
        {"type": "markdown", "text": "x"},
        table(1, 1),
        context_actions(feedback()),
    ],
)
def test_what_is_for_messages_stands_nowhere_else(surface: Any, block: dict[str, Any]) -> None:
    assert accept_blocks([block], "message")
    with pytest.raises(InvalidBlocks, match="invalid_blocks"):
        accept_blocks([block], surface)


def test_a_modal_takes_100_blocks_with_an_alert_that_the_home_tab_refuses() -> None:
    alert = {"type": "alert", "text": mrkdwn("mind"), "level": "warning"}
    assert len(accept_blocks([alert, *[{"type": "divider"}] * 99], "modal")) == 100
    for wrong, surface in ((alert, "home"), (alert | {"level": "loud"}, "modal")):
        with pytest.raises(InvalidBlocks):
            accept_blocks([wrong], surface)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("x" * 25)},
        {"title": None},
        {"submit": None},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"type": "home"},
        {"colour": "red"},
    ],
)
def test_a_modal_over_its_limits_is_refused(change: dict[str, Any]) -> None:
    field = {
        "type": "input",
        "label": plain("Why?"),
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    view = {"type": "modal", "title": plain("T"), "submit": plain("S"), "blocks": [field]}
    assert accept_view(view, "modal")["blocks"][0]["block_id"]
    with pytest.raises(SlackError):
        accept_view(view | change, "modal")


async def test_the_refusal_over_http_reads_as_slacks(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0INCIDENT", text="x", blocks=[section("x" * 3001)])
    answer = refused.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]
    history = await client.conversations_history(channel="C0INCIDENT")
    assert history["messages"] == []
