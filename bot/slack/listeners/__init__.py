"""What people do in Slack, turned into commands."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.slack.listeners import (
    approval,
    asking,
    catch_up,
    commands,
    edit,
    feedback,
    flood,
    follow,
    greeting,
    halting,
    home,
    mention,
    mishap,
    more,
    once,
    opening,
    people,
    question,
    session,
    storm,
    take,
    timeline,
    undoing,
    unknown,
)
from bot.slack.listeners.deps import Deps


def register(app: AsyncApp, deps: Deps) -> None:
    """Register every listener; what Slack sends twice and what is too much is stopped first, the
    catch-all is last."""
    mishap.register(app)
    once.register(app, deps.slots)
    flood.register(app)
    approval.register(app, deps)
    edit.register(app, deps)
    asking.register(app, deps)
    more.register(app, deps)
    halting.register(app, deps)
    undoing.register(app, deps)
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
