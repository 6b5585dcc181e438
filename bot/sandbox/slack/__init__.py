"""A Slack on this machine alone: its protocol for the app, a page for people."""

from __future__ import annotations

from bot.sandbox.slack.errors import PortInUse
from bot.sandbox.slack.person import Ack, Button, Person, Refused, SeenMessage
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.traffic import ApiCall
from bot.sandbox.slack.workspace import BotApp, Channel, Team, User, UserGroup, Workspace

__all__ = [
    "Ack",
    "ApiCall",
    "BotApp",
    "Button",
    "Channel",
    "LocalSlack",
    "Person",
    "PortInUse",
    "Refused",
    "SeenMessage",
    "Team",
    "User",
    "UserGroup",
    "Workspace",
]
