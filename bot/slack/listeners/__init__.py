"""What people do in Slack, turned into commands."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.listeners import (
    approval,
    asking,
    edit,
    halting,
    mention,
    more,
    once,
    take,
    undoing,
    unknown,
)
from bot.slack.listeners.deps import Deps


def register(app: AsyncApp, deps: Deps) -> None:
    """Register every listener; what Slack sends twice is stopped first, the catch-all is last."""
    once.register(app, deps.slots)
    approval.register(app, deps)
    edit.register(app, deps)
    asking.register(app, deps)
    more.register(app, deps)
    halting.register(app, deps)
    undoing.register(app, deps)
    take.register(app, deps)
    mention.register(app, deps)
    unknown.register(app)
