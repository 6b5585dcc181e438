"""What the page may ask for, as it comes in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TEXT_MOST = 12_000


class Order(BaseModel):
    """What a person does; `user` is an id or a name."""

    model_config = ConfigDict(extra="forbid")
    user: str


class Say(Order):
    """Write a message, or a command."""

    channel: str
    text: str = Field(min_length=1, max_length=TEXT_MOST)
    thread_ts: str | None = None


class Click(Order):
    """Use an element of a message, or of a view."""

    channel: str = ""
    ts: str = ""
    view_id: str = ""
    block_id: str = ""
    action_id: str
    value: Any = None
    stale: bool = False


class Submit(Order):
    """Send a modal off."""

    view_id: str
    values: dict[str, dict[str, Any]] = {}


class Close(Order):
    """Close a modal."""

    view_id: str


class React(Order):
    """Give a reaction, or take it back."""

    channel: str
    ts: str
    name: str = Field(pattern=r"^[a-z0-9_+'-]{1,80}$")
    remove: bool = False


class OpenHome(Order):
    """Look at the app's Home tab or its messages."""

    tab: str = Field(default="home", pattern="^(home|messages)$")


class PickShortcut(Order):
    """Pick a shortcut, of a message or a global one."""

    callback_id: str
    channel: str = ""
    ts: str = ""


class Stop(Order):
    """Press the stop button of a thread."""

    channel: str
    thread_ts: str


class LookAt(Order):
    """Look at a conversation beside the app."""

    channel: str
