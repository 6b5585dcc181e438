"""What a person at the local Slack sees: messages, buttons, acknowledgements and refusals."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.slack.actions import elements_of
from bot.sandbox.slack.messages import Json


class Refused(Exception):
    """The local Slack could not do what the person tried; the text says why, in plain words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.status = status
        self.code = code
        self.words = words


class Button(BaseModel):
    """A button in a message, ready to be clicked."""

    text: str
    block_id: str
    action_id: str
    value: str | None = None
    style: str | None = None
    confirm: Json | None = None


class SeenMessage(BaseModel):
    """A message as this person sees it; fields beyond these are kept as Slack sends them."""

    model_config = ConfigDict(extra="allow")

    channel: str
    ts: str
    user: str
    text: str = ""
    bot_id: str | None = None
    thread_ts: str | None = None
    blocks: list[Json] = Field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    reply_count: int = 0
    ephemeral: bool = False
    streaming: bool = False
    """Whether it is being written right now."""

    @property
    def buttons(self) -> list[Button]:
        """The buttons in order of appearance."""
        return buttons_of(self.blocks)

    def button(self, label: str) -> Button:
        """The button with this label or action id. Raises `LookupError` naming those there are."""
        return button_in(self.blocks, label, f"message {self.ts!r}")


def buttons_of(blocks: Iterable[Json]) -> list[Button]:
    """The buttons of these blocks, in order of appearance."""
    return [
        Button(
            text=element["text"]["text"],
            block_id=block["block_id"],
            action_id=element["action_id"],
            value=element.get("value"),
            style=element.get("style"),
            confirm=element.get("confirm"),
        )
        for block in blocks
        for element in elements_of(block)
        if element["type"] == "button"
    ]


def button_in(blocks: Iterable[Json], label: str, where: str) -> Button:
    """The button of this label or action id. Raises `LookupError` naming those there are."""
    there = buttons_of(blocks)
    for button in there:
        if label in (button.text, button.action_id):
            return button
    raise LookupError(f"{where} has no button {label!r}, only {[b.text for b in there]!r}")


class Ack(BaseModel):
    """The app acknowledged; `ack_ms` is the time it took, in milliseconds."""

    ack_ms: float | None = None
    errors: dict[str, str] = Field(default_factory=dict)
    """What a submitted modal has to correct, by block id."""
