"""Slack's payloads for what a person clicks, submits, closes or commands."""

from __future__ import annotations

from bot.sandbox.slack.actions import elements_of, initial
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.shapes import message_json
from bot.sandbox.slack.state import SlackState


def interaction(state: SlackState, kind: str, user_id: str) -> Json:
    """What every interactive payload has in common."""
    user = state.directory.users[user_id]
    team = state.workspace.team
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": team.id},
        "api_app_id": state.workspace.app.app_id,
        "token": state.verification_token,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": state.grants.new_trigger(user_id),
    }


def block_actions(state: SlackState, user_id: str, message: Message, action: Json) -> Json:
    """A click in a message; as in Slack, an ephemeral's payload lacks the message itself."""
    ephemeral = message.only_for is not None
    place = state.directory.conversations[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = interaction(state, "block_actions", user_id) | {
        "container": container,
        "channel": {"id": place.id, "name": place.name or "directmessage"},
        "state": {"values": state_values(message.blocks, {}, action)},
        "response_url": response_url(state, user_id, message.channel, message),
        "actions": [action | {"action_ts": state.history.clock.next()}],
    }
    if not ephemeral:
        payload["message"] = message_json(message, state.workspace, state.history, metadata=True)
    return payload


def view_actions(state: SlackState, user_id: str, view: Json, action: Json) -> Json:
    """A click in a modal or in the Home tab."""
    values = state_values(view["blocks"], view["state"]["values"], action)
    return interaction(state, "block_actions", user_id) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view | {"state": {"values": values}},
        "actions": [action | {"action_ts": state.history.clock.next()}],
    }


def view_submission(state: SlackState, user_id: str, view: Json, values: Json) -> Json:
    """A modal that is sent off with these `values`, by block and action id."""
    return interaction(state, "view_submission", user_id) | {
        "view": view | {"state": {"values": values}},
        "response_urls": [],
    }


def view_closed(state: SlackState, user_id: str, view: Json, *, everything: bool) -> Json:
    """A modal that is closed without sending."""
    payload = interaction(state, "view_closed", user_id)
    del payload["trigger_id"]
    return payload | {"view": view, "is_cleared": everything}


def message_shortcut(state: SlackState, user_id: str, callback_id: str, message: Message) -> Json:
    """A shortcut picked in the menu of a message."""
    place = state.directory.conversations[message.channel]
    return interaction(state, "message_action", user_id) | {
        "callback_id": callback_id,
        "action_ts": state.history.clock.next(),
        "channel": {"id": place.id, "name": place.name or "directmessage"},
        "message_ts": message.ts,
        "message": message_json(message, state.workspace, state.history, metadata=True),
        "response_url": response_url(state, user_id, message.channel, None),
    }


def global_shortcut(state: SlackState, user_id: str, callback_id: str) -> Json:
    """A shortcut picked beside the composer: no channel, no response URL."""
    return interaction(state, "shortcut", user_id) | {
        "callback_id": callback_id,
        "action_ts": state.history.clock.next(),
    }


def slash_command(state: SlackState, user_id: str, channel: str, command: str, text: str) -> Json:
    """A command typed into a channel."""
    user = state.directory.users[user_id]
    place = state.directory.conversations[channel]
    return {
        "token": state.verification_token,
        "team_id": state.workspace.team.id,
        "team_domain": state.workspace.team.domain,
        "channel_id": channel,
        "channel_name": place.name or "directmessage",
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": state.workspace.app.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url(state, user_id, channel, None),
        "trigger_id": state.grants.new_trigger(user_id),
    }


def state_values(blocks: list[Json], before: Json, action: Json | None = None) -> Json:
    """What each menu and input of these blocks holds, `action` being the one just used."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if (held := initial(element)) is None:
                continue
            ids = (block["block_id"], element["action_id"])
            held = before.get(ids[0], {}).get(ids[1], held)
            if action is not None and ids == (action["block_id"], action["action_id"]):
                held = {key: action[key] for key in action if key not in ("block_id", "action_id")}
            values.setdefault(ids[0], {})[ids[1]] = held
    return values


def response_url(state: SlackState, user_id: str, channel: str, message: Message | None) -> str:
    """An address where the app may answer this interaction."""
    secret = state.grants.new_response_url(user_id, channel, message)
    return f"{state.address}/actions/{state.workspace.team.id}/{secret}"
