"""Which of Slack's events follow from what happened in a conversation."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.history import History
from bot.sandbox.slack.mentions import mentioned_users
from bot.sandbox.slack.messages import Change, Json, Message
from bot.sandbox.slack.shapes import message_json
from bot.sandbox.slack.workspace import Workspace

_MESSAGE_EVENTS = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}


class EventSource:
    """Tells the app of messages, mentions and reactions where the bot is a member."""

    def __init__(
        self,
        directory: Directory,
        history: History,
        offer: Callable[[Json], None],
        secret: str,
    ) -> None:
        """`offer` hands an event to whatever carries it to the app."""
        self._directory = directory
        self._workspace = directory.workspace
        self._history = history
        self._offer = offer
        self._secret = secret

    def watch(self, change: Change) -> None:
        """Sends the events of one change; ephemeral and half-written messages raise none."""
        message = change.message
        if change.kind == "streamed":
            return
        place = self._directory.conversations[message.channel]
        if message.only_for is not None or self._directory.bot not in place.members:
            return
        if change.kind in ("reacted", "unreacted"):
            name = "reaction_added" if change.kind == "reacted" else "reaction_removed"
            self._send(name, _reaction(name, change, self._history.clock.next()))
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

    def session_stopped(
        self, user: str, channel: str, thread_ts: str, streaming: list[str]
    ) -> None:
        """Tells the app that this person wants its work in this thread to end."""
        event: Json = {
            "type": "agent_session_stopped",
            "user": user,
            "channel": channel,
            "thread_ts": thread_ts,
            "streaming_message_ts": streaming,
            "event_ts": self._history.clock.next(),
        }
        self._send("agent_session_stopped", event)

    def context_changed(self, user: str, channel: str, looks_at: str) -> None:
        """Tells the app which conversation this person looks at beside its own."""
        entity = {
            "type": "slack#/types/channel_id",
            "value": looks_at,
            "team_id": self._workspace.team.id,
        }
        event: Json = {
            "type": "app_context_changed",
            "user": user,
            "channel": channel,
            "context": {"entities": [entity]},
            "event_ts": self._history.clock.next(),
        }
        self._send("app_context_changed", event)

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
            self._offer(event_callback(event, self._workspace, self._secret))


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


def _reaction(name: str, change: Change, event_ts: str) -> Json:
    return {
        "type": name,
        "user": change.user,
        "reaction": change.reaction,
        "item_user": change.message.user,
        "item": {"type": "message", "channel": change.message.channel, "ts": change.message.ts},
        "event_ts": event_ts,
    }
