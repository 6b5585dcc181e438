"""The `conversations.*` methods: which there are, who is in them, what was said."""

from __future__ import annotations

from bot.sandbox.slack.directory import Conversation
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.shapes import conversation_json, message_json
from bot.sandbox.slack.timestamps import is_timestamp
from bot.sandbox.slack.traffic import TIER_2, TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method, page_of

_READ = ("channels:read", "groups:read", "im:read")
_HISTORY = ("channels:history", "groups:history", "im:history")


async def list_conversations(call: Call) -> Json:
    """Conversations the bot can see, of the given types (public channels by default)."""
    wanted = {kind.strip() for kind in call.text("types", "public_channel").split(",")}
    if not wanted <= {"public_channel", "private_channel", "im", "mpim"}:
        raise SlackError("invalid_types")
    directory = call.state.directory
    found = [
        place
        for place in directory.conversations.values()
        if directory.bot_sees(place)
        and _type_of(place) in wanted
        and not (place.is_archived and call.flag("exclude_archived"))
    ]
    page, cursor = page_of(call, found)
    return {
        "channels": [conversation_json(place, directory) for place in page],
        "response_metadata": {"next_cursor": cursor},
    }


async def info(call: Call) -> Json:
    """One conversation."""
    return {"channel": conversation_json(call.conversation(), call.state.directory)}


async def open_conversation(call: Call) -> Json:
    """The direct message with one person."""
    directory = call.state.directory
    if call.text("channel"):
        place = call.conversation()
        return {"channel": conversation_json(place, directory), "no_op": True}
    people = [user for user in call.text("users").split(",") if user]
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) > 1:
        raise SlackError("method_not_supported_for_channel_type")
    place = directory.open_dm(people[0])
    shape = conversation_json(place, directory)
    return {"channel": shape if call.flag("return_im") else {"id": place.id}}


async def join(call: Call) -> Json:
    """The bot joins a public channel."""
    place = call.conversation()
    directory = call.state.directory
    if place.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if place.is_archived:
        raise SlackError("is_archived")
    already = directory.bot in place.members
    if not already:
        place.members.append(directory.bot)
    answer: Json = {"channel": conversation_json(place, directory)}
    return answer | ({"warning": "already_in_channel"} if already else {})


async def members(call: Call) -> Json:
    """Who is in a conversation."""
    page, cursor = page_of(call, call.conversation().members)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


async def history(call: Call) -> Json:
    """What stands in a conversation itself, newest first; replies only where broadcast."""
    place = _place_to_read(call)
    rows = [
        message
        for message in call.state.history.in_channel(place.id)
        if not message.is_reply or message.broadcast
    ]
    return _messages(call, [message for message in reversed(rows) if _in_window(call, message)])


async def replies(call: Call) -> Json:
    """A thread, root first, then its replies, oldest first."""
    place = _place_to_read(call)
    ts = call.required("ts")
    root = call.state.history.get(place.id, ts)
    if root is None or root.only_for is not None:
        raise SlackError("thread_not_found")
    found = [reply for reply in call.state.history.replies(place.id, ts) if _in_window(call, reply)]
    return _messages(call, [root, *found])


def _place_to_read(call: Call) -> Conversation:
    place = call.conversation()
    if call.state.directory.bot not in place.members:
        raise SlackError("not_in_channel")
    return place


def _in_window(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest"), call.text("latest")
    for name, bound in (("oldest", oldest), ("latest", latest)):
        if bound and not is_timestamp(bound) and not bound.replace(".", "", 1).isdigit():
            raise SlackError(f"invalid_ts_{name}")
    at = float(message.ts)
    if call.flag("inclusive"):
        return (not oldest or at >= float(oldest)) and (not latest or at <= float(latest))
    return (not oldest or at > float(oldest)) and (not latest or at < float(latest))


def _messages(call: Call, messages: list[Message]) -> Json:
    page, cursor = page_of(call, messages)
    metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            message_json(message, call.state.workspace, call.state.history, metadata=metadata)
            for message in page
        ],
        "has_more": bool(cursor),
    }
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _type_of(place: Conversation) -> str:
    return "im" if place.is_im else "private_channel" if place.is_private else "public_channel"


METHODS = {
    "conversations.list": Method(list_conversations, _READ, per_minute=TIER_2),
    "conversations.info": Method(info, _READ),
    "conversations.members": Method(members, _READ, per_minute=TIER_4),
    "conversations.open": Method(open_conversation, ("im:write",)),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.history": Method(history, _HISTORY),
    "conversations.replies": Method(replies, _HISTORY),
}
