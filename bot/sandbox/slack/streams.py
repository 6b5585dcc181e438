"""Messages that are being written: their chunks, what they look like, and when they end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.slack.checks.chunks import Blocks, Chunk, Plan, Task, Text
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.history import History
from bot.sandbox.slack.messages import Json, Message

LIFETIME_SECONDS = 300.0
_MOST_ENDED = 2_000
Place = tuple[str, str]
"""A channel's id and a message's `ts`."""


@dataclass
class Stream:
    """One message as it grows: texts, tasks and blocks in their order of appearance."""

    display: Literal["timeline", "plan"]
    mode: Literal["text", "chunks"] | None = None
    """What the stream's first content was given as; the other way is refused from then on."""
    plan_title: str = ""
    tasks: dict[str, Json] = field(default_factory=dict)
    parts: list[Text | Blocks | str] = field(default_factory=list)
    """A string is a task's id, or empty for the plan that holds all tasks."""
    seed: str = field(default_factory=lambda: secrets.token_urlsafe(4)[:5])

    def take(self, chunk: Chunk) -> None:
        """Add one chunk. Raises `SlackError` `invalid_blocks` beyond 50 blocks in all."""
        match chunk:
            case Text():
                last = self.parts[-1] if self.parts else None
                if isinstance(last, Text):
                    self.parts[-1] = Text(last.text + chunk.text)
                else:
                    self.parts.append(chunk)
            case Plan():
                self.plan_title = chunk.title
                self._place("")
            case Task():
                self._place("" if self.display == "plan" else chunk.id)
                self.tasks[chunk.id] = chunk.onto(self.tasks.get(chunk.id))
            case Blocks():
                given = sum(len(part.blocks) for part in self.parts if isinstance(part, Blocks))
                if given + len(chunk.blocks) > 50:
                    raise SlackError("invalid_blocks")
                self.parts.append(chunk)

    @property
    def text(self) -> str:
        """All that was written, without tasks and blocks."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def blocks(self) -> list[Json]:
        """The message as it stands."""
        return [
            {"block_id": f"{self.seed}{number}", **block}
            for number, block in enumerate(self._blocks())
        ]

    def _blocks(self) -> Iterator[Json]:
        for part in self.parts:
            match part:
                case Text():
                    yield {"type": "markdown", "text": part.text}
                case Blocks():
                    yield from part.blocks
                case "":
                    tasks = list(self.tasks.values())
                    title = self.plan_title or (tasks[0]["title"] if tasks else "")
                    yield {"type": "plan", "title": title, "tasks": tasks}
                case task_id:
                    yield self.tasks[task_id]

    def _place(self, part: str) -> None:
        if part not in self.parts and (part or self.display == "plan"):
            self.parts.append(part)


class Streams:
    """Which messages are being written right now; `lifetime` seconds after its start one dies."""

    def __init__(self, history: History) -> None:
        self.lifetime = LIFETIME_SECONDS
        self._history = history
        self._live: dict[Place, Stream] = {}
        self._clocks: dict[Place, asyncio.TimerHandle] = {}
        self._ended: dict[Place, str] = {}

    def start(self, message: Message, stream: Stream) -> Message:
        """Post the message that will grow; `message.stream_for` alone sees it do so."""
        place = (message.channel, message.ts)
        message.text, message.blocks = stream.text, stream.blocks
        _open(message)
        self._live[place] = stream
        self._clocks[place] = asyncio.get_running_loop().call_later(
            self.lifetime, self._end, place, "message_not_in_streaming_state"
        )
        return self._history.post(message)

    def of(self, message: Message) -> Stream:
        """The stream of a message. Raises `SlackError` that says how it ended."""
        place = (message.channel, message.ts)
        if place not in self._live:
            raise SlackError(self._ended.get(place, "message_not_in_streaming_state"))
        return self._live[place]

    def grown(self, message: Message, stream: Stream) -> None:
        """Show what was added."""
        message.text, message.blocks = stream.text, stream.blocks
        _open(message)
        self._history.stream(message)

    def finish(self, message: Message, blocks: list[Json], metadata: Json | None) -> None:
        """End it well, with these blocks below."""
        place = (message.channel, message.ts)
        stream = self._live.pop(place)
        self._clocks.pop(place).cancel()
        message.text, message.blocks = stream.text, stream.blocks + blocks
        if metadata is not None:
            message.metadata = metadata
        self._close(message)

    def stop(self, channel: str, thread_ts: str) -> list[str]:
        """What a person's stop button ends in this thread: the `ts` of each message."""
        stopped = [
            ts
            for place, ts in list(self._live)
            if place == channel
            and (message := self._history.get(channel, ts)) is not None
            and message.thread_ts == thread_ts
        ]
        for ts in stopped:
            self._end((channel, ts), "stopped_by_user")
        return stopped

    def close(self) -> None:
        """Let go of the clocks."""
        for clock in self._clocks.values():
            clock.cancel()
        self._clocks.clear()

    def _end(self, place: Place, why: str) -> None:
        del self._live[place]
        self._clocks.pop(place).cancel()
        self._ended[place] = why
        while len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        message = self._history.get(*place)
        if message is not None:
            self._close(message)

    def _close(self, message: Message) -> None:
        message.stream_for, message.opening = None, None
        self._history.stream(message, over=True)


def _open(message: Message) -> None:
    """What everyone but the recipient sees until the end: the first content."""
    if message.opening is None and message.blocks:
        message.opening = {"text": message.text, "blocks": message.blocks}
