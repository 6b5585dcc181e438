"""What people do in Slack, turned into commands."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.listeners import (
    approval,
    catch_up,
    commands,
    edit,
    feedback,
    follow,
    greeting,
    home,
    mention,
    once,
    opening,
    people,
    question,
    session,
    storm,
    take,
    timeline,
    unknown,
)
from bot.slack.listeners.deps import Deps


def register(app: AsyncApp, deps: Deps) -> None:
    """Register every listener; what Slack sends twice is stopped first, the catch-all is last."""
    once.register(app, deps.slots)
    approval.register(app, deps)
    edit.register(app, deps)
    take.register(app, deps)
    follow.register(app, deps)
    home.register(app, deps)
    opening.register(app, deps)
    timeline.register(app, deps)
    catch_up.register(app, deps)
    commands.register(app, deps)
    people.register(app, deps)
    storm.register(app, deps)
    mention.register(app, deps)
    question.register(app, deps)
    greeting.register(app)
    feedback.register(app, deps)
    session.register(app, deps)
    unknown.register(app)
