"""What the agent says it is doing: sessions with their stop button, status lines and prompts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.messages import Change, Json

STATUS_SECONDS = 120.0
_Thread = tuple[str, str]
"""A channel's id and its thread's root."""


@dataclass
class Session:
    """An agent's work in one thread; `status` is Slack's word for it."""

    status: str
    title: str = ""


@dataclass(frozen=True)
class _Line:
    text: str
    loading_messages: tuple[str, ...]
    clock: asyncio.TimerHandle


class Sessions:
    """Holds them by thread and tells its watchers which channel's have changed.

    A status line lapses after `status_seconds`, or once the app writes to the thread.
    """

    def __init__(self) -> None:
        self.status_seconds = STATUS_SECONDS
        self.watchers: list[Callable[[str], None]] = []
        self._sessions: dict[_Thread, Session] = {}
        self._lines: dict[_Thread, _Line] = {}
        self._prompts: dict[str, Json] = {}

    def of(self, channel: str, thread_ts: str) -> Session | None:
        """The session of this thread."""
        return self._sessions.get((channel, thread_ts))

    def set(self, channel: str, thread_ts: str, status: str, title: str = "") -> Session:
        """Change a session's status; the title counts for a new one only."""
        session = self._sessions.setdefault((channel, thread_ts), Session(status, title))
        session.status = status
        self._changed(channel)
        return session

    def rename(self, channel: str, thread_ts: str, title: str) -> None:
        """Give a session another title."""
        self._sessions[channel, thread_ts].title = title
        self._changed(channel)

    def say(self, channel: str, thread_ts: str, text: str, loading: tuple[str, ...] = ()) -> None:
        """Show a status line in this thread; an empty one takes it away."""
        thread = (channel, thread_ts)
        if (former := self._lines.pop(thread, None)) is not None:
            former.clock.cancel()
        if text:
            loop = asyncio.get_running_loop()
            clock = loop.call_later(self.status_seconds, self.say, channel, thread_ts, "")
            self._lines[thread] = _Line(text, loading, clock)
        if text or former is not None:
            self._changed(channel)

    def suggest(self, channel: str, title: str, prompts: list[Json]) -> None:
        """Offer these prompts in a direct message."""
        self._prompts[channel] = {"title": title, "prompts": prompts}
        self._changed(channel)

    def in_channel(self, channel: str) -> list[Json]:
        """Each thread's session and status line, as the page shows them."""
        threads = dict.fromkeys(
            thread for thread in (*self._sessions, *self._lines) if thread[0] == channel
        )
        return [self._shape(thread) for thread in threads]

    def prompts(self, channel: str) -> Json | None:
        """What is offered in this direct message."""
        return self._prompts.get(channel)

    def watch(self, change: Change) -> None:
        """A message of the app takes its status line away."""
        message = change.message
        if change.kind == "posted" and message.by_app and message.thread_ts:
            self.say(message.channel, message.thread_ts, "")

    def close(self) -> None:
        """Let go of the clocks."""
        for line in self._lines.values():
            line.clock.cancel()
        self._lines.clear()

    def _shape(self, thread: _Thread) -> Json:
        session, line = self._sessions.get(thread), self._lines.get(thread)
        return {
            "channel": thread[0],
            "thread_ts": thread[1],
            "status": session.status if session else "",
            "title": session.title if session else "",
            "line": line.text if line else "",
            "loading_messages": list(line.loading_messages) if line else [],
        }

    def _changed(self, channel: str) -> None:
        for watcher in self.watchers:
            watcher(channel)
