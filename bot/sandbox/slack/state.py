"""Everything the local Slack knows, in one place for its rooms to share."""

from __future__ import annotations

import secrets
from typing import Protocol

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.events import EventSource
from bot.sandbox.slack.grants import Grants
from bot.sandbox.slack.history import History
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.sessions import Sessions
from bot.sandbox.slack.socket_mode import Ack, SocketMode
from bot.sandbox.slack.streams import Streams
from bot.sandbox.slack.traffic import Traffic
from bot.sandbox.slack.view_stack import ViewStack
from bot.sandbox.slack.workspace import Workspace


class Delivery(Protocol):
    """What carries events, clicks and commands to the app."""

    @property
    def connections(self) -> int:
        """How many ways to the app are open."""

    def offer_event(self, payload: Json) -> None:
        """Deliver an event in the background."""

    async def ask(self, kind: str, payload: Json) -> Ack:
        """Hand over an interaction or command and wait for its acknowledgement."""


class SlackState:
    """The workspace's living parts, wired to each other; `address` is set on start."""

    def __init__(self, workspace: Workspace, page_token: str | None) -> None:
        self.workspace = workspace
        self.page_token = page_token or secrets.token_urlsafe(24)
        self.bot_token = f"xoxb-local-{secrets.token_hex(16)}"
        self.app_token = f"xapp-1-{workspace.app.app_id}-{secrets.token_hex(16)}"
        self.signing_secret = secrets.token_hex(16)
        self.verification_token = secrets.token_hex(12)
        self.port = 0
        self.directory = Directory(workspace)
        self.history = History()
        self.views = ViewStack(workspace)
        self.grants = Grants()
        self.traffic = Traffic()
        self.streams = Streams(self.history)
        self.sessions = Sessions()
        self.socket_mode = SocketMode(workspace.app.app_id)
        self.delivery: Delivery = self.socket_mode
        self.events = EventSource(
            self.directory,
            self.history,
            lambda event: self.delivery.offer_event(event),
            self.verification_token,
        )
        self.history.watchers += [self.events.watch, self.sessions.watch]

    @property
    def address(self) -> str:
        """Scheme, host and port of this run."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def page_url(self) -> str:
        """The page's address with this run's token, ending in a slash."""
        return f"{self.address}/{self.page_token}/"

    def permalink(self, channel: str, ts: str, thread_ts: str | None) -> str:
        """Opens the page at one message, within its thread if it is a reply."""
        link = f"{self.page_url}#/archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts else link
