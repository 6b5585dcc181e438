"""What people do in Slack, turned into commands."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.listeners import approval, mention, unknown
from bot.slack.listeners.deps import Deps


def register(app: AsyncApp, deps: Deps) -> None:
    """Register every listener; the catch-all comes last."""
    approval.register(app, deps)
    mention.register(app, deps)
    unknown.register(app)
