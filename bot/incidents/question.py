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
    talked_of: str | None = None
    """The incident that this conversation was about last; what the question names comes first."""
    direct: bool = False
    """Asked in a direct message: told is what the asker may see, and nothing is changed."""
    service: str = ""
    """Of a question outside any incident: the service to look into."""
    team: str = ""
    """The asker's workspace."""
