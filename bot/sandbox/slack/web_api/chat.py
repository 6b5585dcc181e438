"""The `chat.*` methods: post, change, remove and link to messages."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.directory import Conversation
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.shapes import message_json
from bot.sandbox.slack.timestamps import is_timestamp
from bot.sandbox.slack.traffic import SPECIAL, TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method

POST_TEXT_MOST = 40_000
UPDATE_TEXT_MOST = 4_000
METADATA_MOST = 16_000
ATTACHMENTS_MOST = 100


async def post_message(call: Call) -> Json:
    """Posts to a channel, a thread or a person's direct message."""
    place = place_to_write(call)
    text, blocks, attachments = _content(call, POST_TEXT_MOST)
    message = call.state.history.post(
        Message(
            channel=place.id,
            ts=call.state.history.clock.next(),
            user=call.state.workspace.app.user,
            by_app=True,
            text=text,
            blocks=blocks,
            attachments=attachments,
            thread_ts=thread_of(call, place),
            broadcast=call.flag("reply_broadcast"),
            username=call.body.get("username"),
            icon_emoji=call.body.get("icon_emoji"),
            metadata=metadata_of(call),
        )
    )
    return {"channel": place.id, "ts": message.ts, "message": shown(call, message)}


async def post_ephemeral(call: Call) -> Json:
    """Posts what one person alone sees."""
    place = place_to_write(call)
    user = call.required("user")
    if user not in call.state.directory.users:
        raise SlackError("user_not_found")
    if user not in place.members:
        raise SlackError("user_not_in_channel")
    text, blocks, attachments = _content(call, POST_TEXT_MOST)
    message = call.state.history.post(
        Message(
            channel=place.id,
            ts=call.state.history.clock.next(),
            user=call.state.workspace.app.user,
            by_app=True,
            text=text,
            blocks=blocks,
            attachments=attachments,
            thread_ts=thread_of(call, place),
            only_for=user,
        )
    )
    return {"message_ts": message.ts}


async def update(call: Call) -> Json:
    """Changes a message of the app; without new text the former blocks stay."""
    place = call.conversation()
    message = call.message(place)
    if not message.by_app:
        raise SlackError("cant_update_message")
    if message.stream_for is not None:
        raise SlackError("streaming_state_conflict")
    text, blocks, attachments = _content(call, UPDATE_TEXT_MOST)
    fields: Json = {}
    if "text" in call.body or "markdown_text" in call.body:
        fields["text"] = text
    if "blocks" in call.body or fields:
        fields["blocks"] = blocks
    if "attachments" in call.body:
        fields["attachments"] = attachments
    if "metadata" in call.body:
        fields["metadata"] = metadata_of(call)
    if call.flag("reply_broadcast"):
        fields["broadcast"] = True
    history = call.state.history
    # Slack shows no "(edited)" on a message that is drawn from blocks.
    history.edit(message, by=call.state.workspace.app.user, marked=not blocks, **fields)
    changed = shown(call, message)
    return {"channel": place.id, "ts": message.ts, "text": message.text, "message": changed}


async def delete(call: Call) -> Json:
    """Removes a message of the app."""
    place = call.conversation()
    message = call.message(place)
    if not message.by_app:
        raise SlackError("cant_delete_message")
    call.state.history.delete(message)
    return {"channel": place.id, "ts": message.ts}


async def get_permalink(call: Call) -> Json:
    """An address that opens the page at a message."""
    place = call.conversation()
    message = call.message(place, "message_ts")
    thread_ts = message.thread_ts if message.is_reply else None
    return {
        "channel": place.id,
        "permalink": call.state.permalink(place.id, message.ts, thread_ts),
    }


def place_to_write(call: Call) -> Conversation:
    """The conversation the bot may write to. Raises `is_archived`, `not_in_channel`."""
    directory, key = call.state.directory, call.required("channel")
    place = directory.open_dm(key) if key in directory.users else call.conversation(by_name=True)
    if place.is_archived:
        raise SlackError("is_archived")
    if directory.bot not in place.members:
        raise SlackError("not_in_channel")
    return place


def thread_of(call: Call, place: Conversation) -> str | None:
    """The root of the thread to write to; a reply's timestamp means its root."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    if not is_timestamp(thread_ts):
        raise SlackError("invalid_thread_ts")
    root = call.state.history.get(place.id, thread_ts)
    if root is None or root.only_for is not None:
        raise SlackError("thread_not_found")
    return root.thread_ts or root.ts


def _content(call: Call, most: int) -> tuple[str, list[Json], list[Json]]:
    markdown = call.text("markdown_text")
    text = markdown or call.text("text")
    if markdown and ("text" in call.body or "blocks" in call.body):
        raise SlackError("markdown_text_conflict")
    if len(text) > most or len(markdown) > 12_000:
        raise SlackError("msg_too_long")
    given = call.parsed("blocks", "invalid_blocks_format")
    blocks = accept_blocks(given if given is not None else [], "message")
    attachments: Any = call.parsed("attachments", "invalid_attachments") or []
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS_MOST:
        raise SlackError("too_many_attachments")
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    if markdown:
        blocks = accept_blocks([{"type": "markdown", "text": markdown}], "message")
    return text, blocks, attachments


def metadata_of(call: Call) -> Json | None:
    """The message's metadata. Raises `invalid_metadata_format`, `metadata_too_large`."""
    metadata = call.parsed("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_MOST:
        raise SlackError("metadata_too_large")
    return metadata


def shown(call: Call, message: Message) -> Json:
    """A message as the answer to a call gives it."""
    return message_json(message, call.state.workspace, call.state.history, metadata=True)


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), per_minute=TIER_4),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, per_minute=SPECIAL),
}
