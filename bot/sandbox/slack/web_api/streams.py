"""`chat.startStream`, `chat.appendStream` and `chat.stopStream`: a message as it is written."""

from __future__ import annotations

from typing import Literal

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.chunks import Chunk, accept_chunks, accept_markdown
from bot.sandbox.slack.directory import Conversation
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.streams import Stream
from bot.sandbox.slack.traffic import TIER_2, TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method
from bot.sandbox.slack.web_api.chat import metadata_of, place_to_write, shown, thread_of
from bot.sandbox.slack.web_api.sessions import STATUSES


async def start_stream(call: Call) -> Json:
    """Opens a message in a thread that one person watches grow."""
    place = place_to_write(call)
    call.required("thread_ts")
    thread_ts = thread_of(call, place)
    recipient = _recipient(call, place)
    display = call.text("task_display_mode", "timeline")
    if display not in ("timeline", "plan"):
        raise call.wrong(f"must be one of plan, timeline: task_display_mode is {display!r}")
    stream = Stream("plan" if display == "plan" else "timeline")
    _feed(call, stream)
    message = call.state.streams.start(
        Message(
            channel=place.id,
            ts=call.state.history.clock.next(),
            user=call.state.workspace.app.user,
            by_app=True,
            thread_ts=thread_ts,
            username=call.body.get("username"),
            icon_emoji=call.body.get("icon_emoji"),
            stream_for=recipient,
        ),
        stream,
    )
    return {"channel": place.id, "ts": message.ts}


async def append_stream(call: Call) -> Json:
    """Adds to a message that is being written."""
    message, stream = _growing(call)
    if not _feed(call, stream):
        raise call.wrong("missing required field: markdown_text or chunks")
    call.state.streams.grown(message, stream)
    return {"channel": message.channel, "ts": message.ts}


async def stop_stream(call: Call) -> Json:
    """Ends a message that is being written, with up to 50 blocks below it."""
    message, stream = _growing(call)
    status = call.text("session_status")
    if status and status not in STATUSES:
        raise call.wrong(f"must be one of {', '.join(sorted(STATUSES))}: session_status")
    given = call.parsed("blocks", "invalid_blocks_format")
    blocks = accept_blocks(given if given is not None else [], "message")
    metadata = metadata_of(call)
    _feed(call, stream)
    call.state.streams.finish(message, blocks, metadata)
    if status and message.thread_ts:
        call.state.sessions.set(message.channel, message.thread_ts, status)
    return {"channel": message.channel, "ts": message.ts, "message": shown(call, message)}


def _recipient(call: Call, place: Conversation) -> str | None:
    if place.is_im:
        return place.user
    user, team = call.text("recipient_user_id"), call.text("recipient_team_id")
    if not user:
        raise SlackError("missing_recipient_user_id")
    if not team:
        raise SlackError("missing_recipient_team_id")
    if user not in call.state.directory.users:
        raise SlackError("user_not_found")
    if team != call.state.workspace.team.id:
        raise SlackError("team_not_found")
    if user not in place.members:
        raise SlackError("user_not_in_channel")
    return user


def _growing(call: Call) -> tuple[Message, Stream]:
    message = call.message(call.conversation())
    if not message.by_app:
        raise SlackError("message_not_owned_by_app")
    return message, call.state.streams.of(message)


def _feed(call: Call, stream: Stream) -> bool:
    """Put the call's content into the stream; whether there was any."""
    markdown, chunks = call.text("markdown_text"), call.parsed("chunks", "invalid_chunks")
    if markdown and chunks:
        raise SlackError("markdown_text_conflict")
    content: list[Chunk] = [accept_markdown(markdown)] if markdown else []
    if chunks is not None:
        content = accept_chunks(chunks)
    if not content:
        return False
    mode: Literal["text", "chunks"] = "text" if markdown else "chunks"
    if stream.mode not in (None, mode):
        raise SlackError("streaming_mode_mismatch")
    for chunk in content:
        stream.take(chunk)
    stream.mode = mode
    return True


METHODS = {
    "chat.startStream": Method(start_stream, ("chat:write",), per_minute=TIER_2),
    "chat.appendStream": Method(append_stream, ("chat:write",), per_minute=TIER_4),
    "chat.stopStream": Method(stop_stream, ("chat:write",), per_minute=TIER_2),
}
