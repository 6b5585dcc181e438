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
    return await state.delivery.ask("interactive", payload)


async def click_in_view(
    state: SlackState, user: str, view_id: str, block_id: str, action_id: str, value: Any
) -> Ack:
    """A click in an open modal or in the Home tab."""
    view = _own_view(state, user, view_id)
    element = find_element(view["blocks"], block_id, action_id)
    if element is None:
        raise PersonError(404, "no_such_action", "That button is gone: the view has changed.")
    payload = payloads.view_actions(state, user, view, used(element, value))
    view["state"] = payload["view"]["state"]
    return await state.delivery.ask("interactive", payload)


async def submit(
    state: SlackState, user: str, view_id: str, values: dict[str, dict[str, Any]]
) -> tuple[Ack | None, dict[str, str]]:
    """Send a modal off: the acknowledgement, and what the person has to correct by block id."""
    view = _own_view(state, user, view_id)
    filled, missing = _filled(view, values)
    if missing:
        return None, missing
    payload = payloads.view_submission(state, user, view, filled)
    ack = await state.delivery.ask("interactive", payload)
    return ack, _follow(state, user, view, ack.payload)


async def close(state: SlackState, user: str, view_id: str) -> None:
    """Close a modal; the app hears of it only where it asked to be notified."""
    view = _own_view(state, user, view_id)
    everything = bool(view.get("clear_on_close"))
    state.views.close(user, view, everything=everything)
    if view.get("notify_on_close"):
        payload = payloads.view_closed(state, user, view, everything=everything)
        await state.delivery.ask("interactive", payload)


async def command(state: SlackState, user: str, channel: str, name: str, text: str) -> Ack:
    """A slash command; text sent along with the acknowledgement is shown to the person."""
    payload = payloads.slash_command(state, user, channel, name, text)
    ack = await state.delivery.ask("slash_commands", payload)
    if ack.payload.get("text") or ack.payload.get("blocks"):
        public = ack.payload.get("response_type") == "in_channel"
        try:
            app_answer(state, channel, None if public else user, ack.payload)
        except SlackError as error:
            words = f"opsbot answered with a message Slack refuses: {error.code}"
            raise PersonError(502, error.code, words) from error
    return ack


async def shortcut(state: SlackState, user: str, callback_id: str, message: Message | None) -> Ack:
    """A shortcut of a message, or a global one. Raises `PersonError` where there is none."""
    kind = "global" if message is None else "message"
    declared = {(entry.type, entry.callback_id) for entry in state.workspace.app.shortcuts}
    if (kind, callback_id) not in declared:
        words = f"opsbot declares no {kind} shortcut {callback_id!r}."
        raise PersonError(404, "no_such_shortcut", words)
    if message is None:
        payload = payloads.global_shortcut(state, user, callback_id)
    elif message.only_for is not None:
        words = "Messages that only you see have no shortcuts."
        raise PersonError(400, "ephemeral_message", words)
    else:
        payload = payloads.message_shortcut(state, user, callback_id, message)
    return await state.delivery.ask("interactive", payload)


def stop_session(state: SlackState, user: str, channel: str, thread_ts: str) -> list[str]:
    """The stop button of a thread: ends what is being written there and tells the app.

    Raises `PersonError` where no agent works, or where the app listens to no stop.
    """
    session = state.sessions.of(channel, thread_ts)
    if session is None or session.status != "processing":
        raise PersonError(409, "not_processing", "Nothing is being worked on in this thread.")
    if "agent_session_stopped" not in state.workspace.app.events:
        raise PersonError(409, "not_stoppable", "opsbot doesn't listen to the stop button.")
    stopped = state.streams.stop(channel, thread_ts)
    state.events.session_stopped(user, channel, thread_ts, stopped)
    return stopped


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
    """The state's values as Slack shapes them, and what is missing by block id.

    What `values` doesn't name holds what it held before.
    """
    filled = payloads.state_values(view["blocks"], view["state"]["values"])
    missing: dict[str, str] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, block_id = block["element"], block["block_id"]
        action_id = element["action_id"]
        if action_id in (given := values.get(block_id, {})):
            held = {"type": element["type"], **chosen(element, given[action_id])}
            filled[block_id] = {action_id: held}
        if fault := _fault(block, filled[block_id][action_id]):
            missing[block_id] = fault
    return filled, missing


def _fault(block: Json, held: Json) -> str:
    """What a person has to correct in an input block, empty where nothing."""
    element = block["element"]
    content = next(value for key, value in held.items() if key != "type")
    if content in (None, "", []):
        return "" if block.get("optional") else "Please complete this required field."
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if element["type"] == "plain_text_input" and not least <= len(content) <= most:
        return f"Please use {least} to {most} characters."
    return ""


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
