"""Every message of the workspace, in order, with a word to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from bot.sandbox.slack.messages import REMEMBERED_VERSIONS, Change, Edited, Message
from bot.sandbox.slack.timestamps import TimestampClock


class History:
    """Keeps messages by channel and `ts`, and tells its watchers of each change in order."""

    def __init__(self) -> None:
        self.clock = TimestampClock()
        self.watchers: list[Callable[[Change], None]] = []
        self._channels: dict[str, dict[str, Message]] = {}
        self._replies: dict[tuple[str, str], list[str]] = {}

    def restore(self, messages: Iterable[Message]) -> None:
        """Take over messages of an earlier run, without telling anyone."""
        for message in sorted(messages, key=lambda message: message.ts):
            self.clock.saw(message.ts)
            message.stream_for, message.opening = None, None  # no stream outlives its server
            self._file(message)

    def post(self, message: Message) -> Message:
        """File a new message."""
        self._file(message)
        self._tell(Change(kind="posted", message=message))
        return message

    def edit(self, message: Message, *, by: str, marked: bool, **fields: Any) -> Message:
        """Change fields of a message; `marked` leaves the "(edited)" that people see."""
        before = message.model_copy(deep=True)
        if "blocks" in fields and message.blocks:
            message.earlier_blocks = [message.blocks, *message.earlier_blocks][:REMEMBERED_VERSIONS]
        for name, value in fields.items():
            setattr(message, name, value)
        if marked:
            message.edited = Edited(user=by, ts=self.clock.next())
        self._tell(Change(kind="changed", message=message, before=before))
        return message

    def stream(self, message: Message, *, over: bool = False) -> None:
        """Tell that a message being written has grown, or that it is `over`."""
        kind: Literal["streamed", "changed"] = "changed" if over else "streamed"
        self._tell(Change(kind=kind, message=message))

    def delete(self, message: Message) -> None:
        """Remove a message; a root with replies stays as a tombstone, as in Slack."""
        before = message.model_copy(deep=True)
        if self.replies(message.channel, message.ts):
            message.tombstone, message.text = True, "This message was deleted."
            message.blocks, message.attachments, message.metadata = [], [], None
            self._tell(Change(kind="changed", message=message, before=before))
            return
        del self._channels[message.channel][message.ts]
        if message.is_reply and message.thread_ts is not None:
            self._replies[message.channel, message.thread_ts].remove(message.ts)
        self._tell(Change(kind="deleted", message=message, before=before))

    def react(self, message: Message, *, user: str, name: str) -> bool:
        """Add a reaction; False where this person had already given it."""
        people = message.reactions.setdefault(name, [])
        if user in people:
            return False
        people.append(user)
        self._tell(Change(kind="reacted", message=message, user=user, reaction=name))
        return True

    def unreact(self, message: Message, *, user: str, name: str) -> bool:
        """Take a reaction back; False where there was none."""
        people = message.reactions.get(name, [])
        if user not in people:
            return False
        people.remove(user)
        if not people:
            del message.reactions[name]
        self._tell(Change(kind="unreacted", message=message, user=user, reaction=name))
        return True

    def get(self, channel: str, ts: str) -> Message | None:
        """The message of this channel and timestamp, ephemeral ones included."""
        return self._channels.get(channel, {}).get(ts)

    def replies(self, channel: str, root_ts: str) -> list[Message]:
        """The replies of a thread that everyone sees, oldest first."""
        stamps = self._replies.get((channel, root_ts), [])
        found = [self._channels[channel][ts] for ts in stamps]
        return [message for message in found if message.only_for is None]

    def in_channel(self, channel: str, *, viewer: str | None = None) -> list[Message]:
        """All messages of a channel, oldest first, with the ephemerals of `viewer` alone."""
        return [
            message
            for message in self._channels.get(channel, {}).values()
            if message.only_for is None or message.only_for == viewer
        ]

    def everything(self) -> list[Message]:
        """Every message that outlives the run, oldest first within its channel."""
        return [message for channel in self._channels for message in self.in_channel(channel)]

    def _file(self, message: Message) -> None:
        self._channels.setdefault(message.channel, {})[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            self._replies.setdefault((message.channel, message.thread_ts), []).append(message.ts)

    def _tell(self, change: Change) -> None:
        for watcher in self.watchers:
            watcher(change)
