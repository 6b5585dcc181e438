"""Which of Slack's events follow from what happened in a conversation."""

from __future__ import annotations

import secrets
import time

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.history import History
from bot.sandbox.slack.mentions import mentioned_users
from bot.sandbox.slack.messages import Change, Json, Message
from bot.sandbox.slack.shapes import message_json
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.workspace import Workspace

_MESSAGE_EVENTS = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}


class EventSource:
    """Tells the app of messages, mentions and reactions where the bot is a member."""

    def __init__(
        self, directory: Directory, history: History, socket_mode: SocketMode, secret: str
    ) -> None:
        self._directory = directory
        self._workspace = directory.workspace
        self._history = history
        self._socket_mode = socket_mode
        self._secret = secret

    def watch(self, change: Change) -> None:
        """Sends the events of one change; ephemeral messages raise none."""
        message = change.message
        place = self._directory.conversations[message.channel]
        if message.only_for is not None or self._directory.bot not in place.members:
            return
        if change.kind in ("reacted", "unreacted"):
            if change.kind == "reacted":
                self._send("reaction_added", _reaction(change, self._history.clock.next()))
            return
        kind = place.event_type
        event = {
            **self._message_event(change),
            "channel": message.channel,
            "channel_type": kind,
            "event_ts": self._history.clock.next() if change.kind != "posted" else message.ts,
        }
        self._send(_MESSAGE_EVENTS[kind], event)
        named = self._directory.bot in mentioned_users(message.text)
        if change.kind == "posted" and named and not message.by_app and not place.is_im:
            mention = {key: value for key, value in event.items() if key != "channel_type"}
            self._send("app_mention", {**mention, "type": "app_mention"})

    def home_opened(self, user: str, channel: str, tab: str, view: Json | None) -> None:
        """Tells the app that this person looks at its Home tab or its messages."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel,
            "tab": tab,
            "event_ts": self._history.clock.next(),
        }
        self._send("app_home_opened", event | ({"view": view} if view else {}))

    def _message_event(self, change: Change) -> Json:
        now = self._shape(change.message)
        if change.kind == "posted":
            return now
        before = self._shape(change.before or change.message)
        if change.kind == "deleted":
            return {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "deleted_ts": change.message.ts,
                "ts": self._history.clock.next(),
                "previous_message": before,
            }
        return {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "message": now,
            "previous_message": before,
            "ts": self._history.clock.next(),
        }

    def _shape(self, message: Message) -> Json:
        return message_json(message, self._workspace, self._history, metadata=True)

    def _send(self, name: str, event: Json) -> None:
        if name in self._workspace.app.events:
            self._socket_mode.offer_event(event_callback(event, self._workspace, self._secret))


def event_callback(event: Json, workspace: Workspace, secret: str) -> Json:
    """The outer body that carries one event; `event_id` is unique."""
    return {
        "token": secret,
        "team_id": workspace.team.id,
        "api_app_id": workspace.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev0{secrets.token_hex(4).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team.id,
                "user_id": workspace.app.user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(16)}",
    }


def _reaction(change: Change, event_ts: str) -> Json:
    return {
        "type": "reaction_added",
        "user": change.user,
        "reaction": change.reaction,
        "item_user": change.message.user,
        "item": {"type": "message", "channel": change.message.channel, "ts": change.message.ts},
        "event_ts": event_ts,
    }
