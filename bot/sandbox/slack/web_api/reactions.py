"""The `reactions.*` methods: what people and the bot put under messages."""

from __future__ import annotations

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.traffic import TIER_2
from bot.sandbox.slack.web_api.arguments import Call, Method
from bot.sandbox.slack.web_api.chat import shown


async def add(call: Call) -> Json:
    """The bot reacts to a message."""
    message = call.message(call.conversation(), "timestamp")
    name = call.required("name").strip(":")
    if not call.state.history.react(message, user=call.state.directory.bot, name=name):
        raise SlackError("already_reacted")
    return {}


async def remove(call: Call) -> Json:
    """The bot takes its reaction back."""
    message = call.message(call.conversation(), "timestamp")
    name = call.required("name").strip(":")
    if not call.state.history.unreact(message, user=call.state.directory.bot, name=name):
        raise SlackError("no_reaction")
    return {}


async def get(call: Call) -> Json:
    """A message with who reacted to it and how."""
    place = call.conversation()
    message = call.message(place, "timestamp")
    return {"type": "message", "channel": place.id, "message": shown(call, message)}


METHODS = {
    "reactions.add": Method(add, ("reactions:write",)),
    "reactions.remove": Method(remove, ("reactions:write",), per_minute=TIER_2),
    "reactions.get": Method(get, ("reactions:read",)),
}
