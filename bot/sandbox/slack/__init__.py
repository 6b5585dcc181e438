"""A Slack on this machine alone: its protocol for the app, a page for people."""

from __future__ import annotations

from bot.sandbox.slack.errors import PortInUse
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.seen import Ack, Button, Refused, SeenMessage
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.traffic import ApiCall
from bot.sandbox.slack.workspace import (
    BotApp,
    Channel,
    Command,
    Shortcut,
    Team,
    User,
    UserGroup,
    Workspace,
)

__all__ = [
    "Ack",
    "ApiCall",
    "BotApp",
    "Button",
    "Channel",
    "Command",
    "LocalSlack",
    "Person",
    "PortInUse",
    "Refused",
    "SeenMessage",
    "Shortcut",
    "Team",
    "User",
    "UserGroup",
    "Workspace",
]
