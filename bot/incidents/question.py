"""A question: what somebody asked, where."""

from __future__ import annotations

from tools.kit.types import Frozen


class Question(Frozen):
    """What somebody asked, where."""

    id: str
    """The message's own id in the chat."""
    by: str
    channel: str
    thread_ts: str
    text: str
    incident: str | None = None
    """The incident in whose thread it was asked."""
