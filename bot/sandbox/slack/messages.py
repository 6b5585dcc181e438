"""One message as the local Slack keeps it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = dict[str, Any]

REMEMBERED_VERSIONS = 5
"""How many earlier sets of blocks a click may still come from: a browser can be behind."""


class Edited(BaseModel):
    """Who changed the message last, and when."""

    user: str
    ts: str


class Message(BaseModel):
    """A message in a channel, a thread or a direct message; `ts` is its id there."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    ts: str
    user: str
    text: str = ""
    by_app: bool = False
    username: str | None = None
    icon_emoji: str | None = None
    blocks: list[Json] = Field(default_factory=list)
    attachments: list[Json] = Field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    """A reply that is shown in its channel as well."""
    metadata: Json | None = None
    edited: Edited | None = None
    tombstone: bool = False
    reactions: dict[str, list[str]] = Field(default_factory=dict)
    only_for: str | None = None
    """The one person who sees an ephemeral message."""
    earlier_blocks: list[list[Json]] = Field(default_factory=list)
    stream_for: str | None = None
    """Who watches this message being written; nobody once it is."""
    opening: Json | None = None
    """Text and blocks that everyone else sees until then."""

    @property
    def is_reply(self) -> bool:
        """Whether this stands in a thread without being its root."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class Change(BaseModel):
    """Something that happened to one message; `before` is its former self."""

    kind: Literal["posted", "changed", "streamed", "deleted", "reacted", "unreacted"]
    message: Message
    before: Message | None = None
    user: str | None = None
    """Who reacted."""
    reaction: str | None = None
