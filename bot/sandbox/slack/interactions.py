"""A person's clicks, modals and commands, handed to the app and waited for."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import payloads
from bot.sandbox.slack.actions import chosen, element_in, find_element, used
from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.views import accept_view
from bot.sandbox.slack.errors import PersonError, SlackError
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.socket_mode import Ack
from bot.sandbox.slack.state import SlackState


async def click(
    state: SlackState,
    user: str,
    message: Message,
    block_id: str,
    action_id: str,
    value: Any,
    *,
    stale: bool,
) -> Ack:
    """A click in a message. Raises `PersonError` where nothing is there to click, or no answer."""
    element = element_in(message, block_id, action_id, stale=stale)
    action = used(element, value)
    payload = payloads.block_actions(state, user, message, action)
    return await state.socket_mode.ask("interactive", payload)


async def click_in_view(
    state: SlackState, user: str, view_id: str, block_id: str, action_id: str, value: Any
) -> Ack:
    """A click in an open modal or in the Home tab."""
    view = _own_view(state, user, view_id)
    element = find_element(view["blocks"], block_id, action_id)
    if element is None:
        raise PersonError(404, "no_such_action", "That button is gone: the view has changed.")
    payload = payloads.view_actions(state, user, view, used(element, value))
    return await state.socket_mode.ask("interactive", payload)


async def submit(
    state: SlackState, user: str, view_id: str, values: dict[str, dict[str, Any]]
) -> tuple[Ack | None, dict[str, str]]:
    """Send a modal off: the acknowledgement, and what the person has to correct by block id."""
    view = _own_view(state, user, view_id)
    filled, missing = _filled(view, values)
    if missing:
        return None, missing
    payload = payloads.view_submission(state, user, view, filled)
    ack = await state.socket_mode.ask("interactive", payload)
    return ack, _follow(state, user, view, ack.payload)


async def close(state: SlackState, user: str, view_id: str) -> None:
    """Close a modal; the app hears of it only where it asked to be notified."""
    view = _own_view(state, user, view_id)
    everything = bool(view.get("clear_on_close"))
    state.views.close(user, view, everything=everything)
    if view.get("notify_on_close"):
        payload = payloads.view_closed(state, user, view, everything=everything)
        await state.socket_mode.ask("interactive", payload)


async def command(state: SlackState, user: str, channel: str, name: str, text: str) -> Ack:
    """A slash command; text sent along with the acknowledgement is shown to the person."""
    payload = payloads.slash_command(state, user, channel, name, text)
    ack = await state.socket_mode.ask("slash_commands", payload)
    if ack.payload.get("text") or ack.payload.get("blocks"):
        public = ack.payload.get("response_type") == "in_channel"
        app_answer(state, channel, None if public else user, ack.payload)
    return ack


def app_answer(state: SlackState, channel: str, only_for: str | None, body: Json) -> Message:
    """A message the app sends as its answer to an interaction. Raises `SlackError`."""
    text, blocks = str(body.get("text") or ""), accept_blocks(body.get("blocks") or [], "message")
    if not text and not blocks:
        raise SlackError("no_text")
    return state.history.post(
        Message(
            channel=channel,
            ts=state.history.clock.next(),
            user=state.workspace.app.user,
            by_app=True,
            text=text,
            blocks=blocks,
            thread_ts=body.get("thread_ts"),
            only_for=only_for,
        )
    )


def _own_view(state: SlackState, user: str, view_id: str) -> Json:
    found = state.views.find(view_id)
    if found is None or found[0] != user:
        raise PersonError(404, "no_such_view", "That window is closed already.")
    return found[1]


def _filled(view: Json, values: dict[str, dict[str, Any]]) -> tuple[Json, dict[str, str]]:
    """The state's values as Slack shapes them, and what is missing by block id."""
    filled: Json = {}
    missing: dict[str, str] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, block_id = block["element"], block["block_id"]
        given = values.get(block_id, {}).get(element["action_id"])
        if given in (None, "", []) and not block.get("optional"):
            missing[block_id] = "Please complete this required field."
            continue
        if isinstance(given, str) and element["type"] == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if given and not least <= len(given) <= most:
                missing[block_id] = f"Please use {least} to {most} characters."
                continue
        filled[block_id] = {
            element["action_id"]: {"type": element["type"], **chosen(element, given)}
        }
    return filled, missing


def _follow(state: SlackState, user: str, view: Json, answer: Json) -> dict[str, str]:
    """Do what the app's acknowledgement asks of the modal."""
    todo = answer.get("response_action")
    if todo == "errors":
        errors = answer.get("errors")
        return {str(key): str(words) for key, words in (errors or {}).items()}
    try:
        if todo == "update":
            state.views.replace(user, view, accept_view(answer.get("view"), "modal"))
        elif todo == "push":
            state.views.push(user, accept_view(answer.get("view"), "modal"))
        else:
            state.views.close(user, view, everything=todo == "clear")
    except SlackError as error:
        raise PersonError(
            502, error.code, f"opsbot answered with a window Slack refuses: {error.code}"
        ) from error
    return {}
